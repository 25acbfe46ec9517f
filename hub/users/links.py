"""Links in mail: what one is good for, signed and dated, so that nothing of it needs a row.

A link is bound to a stamp of what it changes. Once that is changed, the link is worth nothing: it works once.
"""

import hashlib
from enum import StrEnum

from itsdangerous import BadSignature, URLSafeTimedSerializer

from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.keys import signing_keys

_LONGEST = 500


class Purpose(StrEnum):
    JOIN = "join"
    ADDRESS = "address"
    PASSWORD = "password"  # noqa: S105 - what a link is for


# Below `HUB_SITE_URL`: the page that reads the token out of the link and hands it to the API.
_PAGES = {
    Purpose.JOIN: "verify-email",
    Purpose.ADDRESS: "verify-email",
    Purpose.PASSWORD: "reset-password",
}


def link_to(backend: Backend, purpose: Purpose, row_id: int, stamp: str = "") -> str:
    """The token stands behind a `#`, which browsers send to no server."""
    token = _signer(backend, purpose).dumps([row_id, stamp])
    return f"{backend.settings.site_url.rstrip('/')}/{_PAGES[purpose]}#token={token}"


def read_link(backend: Backend, token: str, *purposes: Purpose) -> tuple[Purpose, int, str]:
    """Purpose, id and stamp of a token of ours; refuse what is forged, too old or for something else."""
    if len(token) <= _LONGEST:
        for purpose in purposes:
            try:
                row_id, stamp = _signer(backend, purpose).loads(token, max_age=_seconds(backend, purpose))
            except BadSignature:
                continue
            return purpose, row_id, stamp
    raise dead_link()


def stamp_of(*values: str | None) -> str:
    return hashlib.sha256("\n".join(value or "" for value in values).encode()).hexdigest()[:32]


def dead_link() -> Refusal:
    return Refusal(ErrorCode.INVALID, "This link was used before or is too old. Ask for another one.", "token")


def _seconds(backend: Backend, purpose: Purpose) -> int:
    chosen = backend.settings
    return chosen.reset_minutes * 60 if purpose is Purpose.PASSWORD else chosen.verify_hours * 3_600


def _signer(backend: Backend, purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(signing_keys(backend.settings))), salt=f"hub.link.{purpose}")
