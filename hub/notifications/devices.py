"""Browsers that take push messages for a person, as the Push API describes one: its address and two keys."""

import base64
import binascii

from cryptography.hazmat.primitives.asymmetric import ec

from hub.live.backend import Backend
from hub.outgoing.places import host_of
from hub.outgoing.sender import Forbidden
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.users.rules import ensure_signed_in
from hub.users.tokens import digest_of

_ADDRESS = 1_000
_SECRET = 16
_REGISTER = Chain(
    (
        # Whoever signs in at a browser has it from then on: what is told there is for them alone.
        Step(
            "taken",
            """insert into push_devices (id, user_id, endpoint, endpoint_digest, p256dh, auth, at)
               values ({as_id id}, {as_id user}, {as_text endpoint}, {as_text digest}, {as_text p256dh}, {as_text auth},
                   {now})
               on conflict (endpoint_digest) do update set user_id = excluded.user_id, p256dh = excluded.p256dh,
                   auth = excluded.auth, at = excluded.at
               returning id""",
        ),
        Step(
            "beyond",
            """delete from push_devices
               where user_id = {as_id user} and endpoint_digest <> {as_text digest} and id not in (
                   select d.id from push_devices d
                   where d.user_id = {as_id user} and d.endpoint_digest <> {as_text digest}
                   order by d.at desc, d.id desc limit {as_int others})
               returning id""",
        ),
    ),
    answer="taken",
)


async def register_device(backend: Backend, viewer: Viewer, *, endpoint: str, p256dh: str, auth: str) -> int:
    """The device's id, the same for the same endpoint. One more than a person may have replaces the oldest."""
    user_id = ensure_signed_in(viewer)
    if not backend.settings.push_private_key:
        raise Refusal(ErrorCode.CLOSED, "This hub sends no push messages: choose mail or the inbox.")
    values = {
        "id": new_id(),
        "user": user_id,
        "endpoint": ensure_endpoint(backend, endpoint),
        "digest": digest_of(endpoint),
        "p256dh": _ensure_point(p256dh),
        "auth": _ensure_secret(auth),
        "others": backend.settings.push_devices - 1,
    }
    rows = await _REGISTER.run(backend.database, values)
    return rows[0]["id"]


async def remove_device(backend: Backend, viewer: Viewer, *, device_id: int) -> bool:
    """Push nothing there any more; True when that was so before, or it is another's."""
    removed = await backend.database.write(
        "delete from push_devices where id = {as_id id} and user_id = {as_id user} returning id",
        {"id": device_id, "user": ensure_signed_in(viewer)},
    )
    return not removed


def ensure_endpoint(backend: Backend, endpoint: str) -> str:
    """As far as the text tells; where it leads is judged each time that something is sent."""
    if len(endpoint) > _ADDRESS:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"An address has at most {_ADDRESS} characters: give a shorter one.",
            "endpoint",
            most=_ADDRESS,
        )
    try:
        host_of(endpoint, backend.settings.push_hosts)
    except Forbidden:
        raise Refusal(
            ErrorCode.INVALID,
            "This is no address of a push service: send the `endpoint` of the browser's subscription.",
            "endpoint",
        ) from None
    return endpoint


def _ensure_point(p256dh: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpacked(p256dh))
    except ValueError:
        raise Refusal(
            ErrorCode.INVALID, "This is no key of a browser: send `keys.p256dh` of its subscription.", "keys", "p256dh"
        ) from None
    return p256dh.rstrip("=")


def _ensure_secret(auth: str) -> str:
    try:
        if len(unpacked(auth)) == _SECRET:
            return auth.rstrip("=")
    except ValueError:
        pass
    raise Refusal(
        ErrorCode.INVALID, "This is no secret of a browser: send `keys.auth` of its subscription.", "keys", "auth"
    )


def unpacked(text: str) -> bytes:
    """Of base64url, with or without its padding; raise ValueError for anything else."""
    body = text.rstrip("=")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except binascii.Error as problem:
        raise ValueError("no base64url") from problem
