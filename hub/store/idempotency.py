"""Idempotency keys: the same key with the same input gets the first answer, also after a crash.

A key is scoped to its author and the command, kept `HUB_IDEMPOTENCY_DAYS`, written with what it made.
"""

import hashlib
from typing import Any

import orjson

from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.chain import Step
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.sql import Kind

_LONGEST = 200

_REMEMBER = """insert into idempotency (id, scope, key, digest, ref_id, at)
       select key_id, scope, key, digest, ref_id, {now} from keys where exists (select 1 from taken)
       returning ref_id"""

REMEMBER = Step("remembered", _REMEMBER)
"""The step that stores the keys given as records `keys`; its first step must be called `taken`."""


def remember_after(step: str) -> Step:
    """The same for the keys of rows whose ids that step gave."""
    return Step("remembered", _REMEMBER.replace("from taken", f"from {step} where {step}.id = keys.ref_id"))


KEY_RECORDS: dict[str, Kind] = {"key_id": "id", "scope": "text", "key": "text", "digest": "text", "ref_id": "id"}


def record(scope: str, key: str, digest: str, ref_id: int) -> dict[str, Any]:
    """A row for `REMEMBER`."""
    return {"key_id": new_id(), "scope": scope, "key": key, "digest": digest, "ref_id": ref_id}


def digest_of(*parts: Any) -> str:
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def ensure_key(key: str) -> str:
    if not key or len(key) > _LONGEST or "\0" in key or not key.isprintable():
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"An idempotency key has 1 to {_LONGEST} printable characters.",
            "idempotencyKey",
            least=1,
            most=_LONGEST,
        )
    return key


async def first_answer(database: Database, scope: str, key: str, digest: str) -> int | None:
    """The id that this key made before, None for a new key; other input under it is refused."""
    rows = await database.fetch_small(
        "select digest, ref_id from idempotency where scope = :scope and key = :key",
        {"scope": scope, "key": ensure_key(key)},
    )
    if not rows:
        return None
    if rows[0]["digest"] != digest:
        raise Refusal(
            ErrorCode.IDEMPOTENCY_MISMATCH,
            "This key was used before with other input: use a new key for what is new.",
            "idempotencyKey",
        )
    return rows[0]["ref_id"]


async def prune(database: Database, before: Any) -> None:
    await database.write("delete from idempotency where at < {as_instant before}", {"before": before})
