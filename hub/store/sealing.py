"""What is sealed at rest: only who has the hub's keys can read it.

Keys are derived from those of the settings, newest first: the first seals, all of them open.
"""

import base64
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.settings import Settings
from hub.store.keys import signing_keys


class Unreadable(Exception):
    """Sealed under a key that is no longer among the settings', or not by us. Says nothing of what was sealed."""


class Seal:
    def __init__(self, settings: Settings, purpose: str) -> None:
        """What is sealed for one purpose cannot be opened for another."""
        self._keys = MultiFernet([Fernet(_derived(key, purpose)) for key in signing_keys(settings)])

    def close(self, value: Any) -> str:
        return self._keys.encrypt(orjson.dumps(value)).decode()

    def open(self, sealed: str) -> Any:
        try:
            return orjson.loads(self._keys.decrypt(sealed))
        except InvalidToken:
            raise Unreadable from None

    def renew(self, sealed: str) -> str:
        """The same under the newest key."""
        try:
            return self._keys.rotate(sealed).decode()
        except InvalidToken:
            raise Unreadable from None


def _derived(key: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"hub.seal.{purpose}".encode())
    return base64.urlsafe_b64encode(derive.derive(key.encode()))
