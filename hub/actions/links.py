"""The link in the mail to who takes part without an account: it confirms once, and takes back as long as it counts."""

from datetime import timedelta

from itsdangerous import BadSignature, URLSafeTimedSerializer

from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.instants import now
from hub.store.keys import signing_keys

PATH = "/participations/"
_LONGEST = 500


def link_to(backend: Backend, participation_id: int) -> str:
    return f"{backend.settings.here}{PATH}{_signer(backend).dumps(participation_id)}"


def read(backend: Backend, token: str) -> tuple[int, bool]:
    """The participation, and whether it may still be confirmed; refuse what is none of ours."""
    try:
        if len(token) > _LONGEST:
            raise BadSignature("too long")
        participation_id, made = _signer(backend).loads(token, return_timestamp=True)
    except BadSignature:
        raise dead_link() from None
    return participation_id, now() - made < timedelta(hours=backend.settings.verify_hours)


def dead_link() -> Refusal:
    return Refusal(ErrorCode.INVALID, "This link was used before or is too old. Take part again.", "token")


def _signer(backend: Backend) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(reversed(signing_keys(backend.settings))), salt="hub.participation")
