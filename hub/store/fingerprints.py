"""Fingerprints: what tells a value again without keeping it.

Their key is the database's own and lies in it sealed under those of the settings: so fingerprints outlive a change of
`HUB_SECRET_KEY`, and nobody who has a copy of the database alone can try values out.
"""

import hmac
import secrets

from hub.settings import Settings
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.sealing import Seal

PURPOSE = "fingerprints"
_DIGITS = 32
_KEEP = Chain(
    (
        Step(
            "taken",
            """insert into kept_keys (id, name, sealed) values ({as_id id}, {as_text name}, {as_text sealed})
               on conflict (name) do nothing returning id""",
        ),
    ),
    answer="taken",
)


class Fingerprints:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._key: bytes | None = None

    async def of(self, kind: str, value: str) -> str:
        """128 bits, as 32 digits; equal values of another kind have another one."""
        key = self._key if self._key is not None else await self._kept()
        return hmac.digest(key, f"{kind}:{value}".encode(), "sha256").hex()[:_DIGITS]

    async def _kept(self) -> bytes:
        """Made by who needs it first."""
        sealed = Seal(self._settings, PURPOSE)
        while not (rows := await self._database.fetch("select sealed from kept_keys where name = :name", _NAMED)):
            fresh = {"id": new_id(), "sealed": sealed.close(secrets.token_hex(32)), **_NAMED}
            await _KEEP.run(self._database, fresh)
        self._key = bytes.fromhex(sealed.open(rows[0]["sealed"]))
        return self._key


_NAMED = {"name": PURPOSE}
