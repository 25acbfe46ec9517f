"""A browser that takes push messages from a push service of this machine, and opens them by its own means."""

import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import hub.app
from hub.live.backend import Backend
from hub.notifications.outside.messages import new_pair
from hub.outgoing.https import Https
from tests.client import Client
from tests.mutations import write
from tests.outgoing.desk import Desk, Sent, desk, trusting

PRIVATE_KEY, PUBLIC_KEY = new_pair()


class Browser:
    def __init__(self, name: str, service: Desk) -> None:
        self.path = f"/send/{name}"
        self.service = service
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)

    @property
    def subscription(self) -> dict[str, Any]:
        keys = {"p256dh": packed(_point(self._key)), "auth": packed(self._auth)}
        return {"endpoint": f"https://{self.service.authority}{self.path}", "keys": keys}

    async def register(self, client: Client, handle: str) -> str:
        return (await write(client, "registerPushDevice", handle, **self.subscription))["device"]["id"]

    @property
    def got(self) -> list[dict[str, Any]]:
        return [json.loads(self._opened(one.body)) for one in self.service.sent if one.target == self.path]

    def _opened(self, body: bytes) -> bytes:
        """By the words of RFC 8188 and RFC 8291, section 3.4."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\0" + _point(self._key) + sender
        secret = _derived(self._auth, self._key.exchange(ec.ECDH(), point), info, 32)
        key = _derived(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derived(salt, secret, b"Content-Encoding: nonce\0", 12)
        text, mark, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\2")
        assert mark
        assert not padding.strip(b"\0")
        return text


def claims(sent: Sent) -> dict[str, Any]:
    """What the signature says; it is ours, or this fails."""
    scheme, _, rest = sent.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", PUBLIC_KEY)
    head, body, signature = parts["t"].split(".")
    raw = unpacked(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(parts["k"]))
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    point.verify(encode_dss_signature(r, s), f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    return json.loads(unpacked(body))


@asynccontextmanager
async def pushed(backend: Backend, monkeypatch: Any, **limits: Any) -> AsyncIterator[Desk]:
    """A hub that pushes, and a push service that it may ask and trusts."""
    async with desk() as service:
        known = {
            "push_private_key": PRIVATE_KEY,
            "push_contact": "mailto:ops@hub.example",
            "site_url": "https://hub.example",
        }
        hosts = {"push_hosts": (service.authority,)}
        backend.settings = backend.settings.model_copy(update={**known, **hosts, **limits})
        monkeypatch.setattr(hub.app, "Https", lambda **given: Https(**given, trust=trusting()))
        yield service


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
