"""Refresh tokens: a session's id and a secret, signed, so that one which is not the present one is known as ours.

The successor is made of the token itself and our key: asked twice, the answer is the same, and nothing but
digests is stored.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer

from hub.settings import Settings
from hub.store.keys import signing_keys

_LONGEST = 200
_PREFIX = "hubr_"


@dataclass(frozen=True)
class RefreshToken:
    """`text` is shown once and stored nowhere."""

    session_id: int
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"RefreshToken({self.session_id})"


def first_of(settings: Settings, session_id: int) -> RefreshToken:
    return _signed(signing_keys(settings)[0], session_id, secrets.token_bytes(32))


def successors_of(settings: Settings, token: RefreshToken) -> list[RefreshToken]:
    """By each key, the newest first: a retry may come after the key was changed."""
    return [
        _signed(key, token.session_id, hmac.digest(key.encode(), f"successor:{token.text}".encode(), "sha256"))
        for key in signing_keys(settings)
    ]


def read(settings: Settings, text: str) -> RefreshToken | None:
    """None for what we did not make."""
    if len(text) > _LONGEST or not text.isascii() or not text.startswith(_PREFIX):
        return None
    try:
        body = _signer(*signing_keys(settings)).unsign(text.removeprefix(_PREFIX)).decode()
    except BadSignature:
        return None
    return RefreshToken(int(body.partition("-")[0]), text)


def _signed(key: str, session_id: int, secret: bytes) -> RefreshToken:
    body = f"{session_id}-{base64.urlsafe_b64encode(secret).decode().rstrip('=')}"
    return RefreshToken(session_id, _PREFIX + _signer(key).sign(body).decode())


def _signer(*keys: str) -> Signer:
    return Signer(list(reversed(keys)), salt="hub.refresh", digest_method=hashlib.sha256)
