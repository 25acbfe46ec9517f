"""The words of a push message, sealed for one browser (RFC 8291) and signed by this hub (RFC 8292)."""

import base64
import time
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

import http_ece
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from hub.notifications.devices import unpacked
from hub.notifications.outside.judging import Judged
from hub.settings import Settings
from hub.store.database import Record

_ece: Any = http_ece
_Vapid: Any = Vapid02
_SHOWN = 3
_LINE = 200
_SIGNED_FOR = 12 * 3_600


def message_of(judged: Judged, letter_id: int, site: str) -> bytes:
    """`{id, title, body, url}` in JSON; what does not fit one line each is cut, so that it stays below 4 kB."""
    first, *others = judged.entries
    if others:
        texts = [entry.text for entry in judged.entries]
        title, body, path = f"{len(texts)} things that happened", "\n".join(map(_cut, texts[:_SHOWN])), None
    else:
        title, body, path = first.text, first.title or "", first.path
    words = {"title": _cut(title), "body": body if others else _cut(body)}
    return orjson.dumps({"id": str(letter_id), **words, "url": site + (path or "/")})


def sealed(message: bytes, device: Record) -> bytes:
    return _ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=unpacked(device["p256dh"]),
        auth_secret=unpacked(device["auth"]),
        version="aes128gcm",
    )


def signature(settings: Settings, origin: str) -> str:
    """The `Authorization` that says to a push service who sends."""
    contact = settings.push_contact or f"mailto:{parseaddr(settings.mail_from)[1]}"
    claims = {"aud": origin, "exp": int(time.time()) + _SIGNED_FOR, "sub": contact}
    return _signer(settings.push_private_key).sign(claims)["Authorization"]


def public_key(settings: Settings) -> str | None:
    """What browsers are to subscribe with (`applicationServerKey`), base64url; None where nothing is pushed."""
    return _public_part(_signer(settings.push_private_key).private_key) if settings.push_private_key else None


def new_pair() -> tuple[str, str]:
    """A private key for `HUB_PUSH_PRIVATE_KEY`, and its public part."""
    key = ec.generate_private_key(ec.SECP256R1())
    return _packed(key.private_numbers().private_value.to_bytes(32, "big")), _public_part(key)


@lru_cache(maxsize=4)
def _signer(private_key: str) -> Any:
    return _Vapid.from_raw(private_key.encode())


def _public_part(key: ec.EllipticCurvePrivateKey) -> str:
    return _packed(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _cut(text: str) -> str:
    return text if len(text) <= _LINE else text[: _LINE - 1] + "…"
