"""Ending mail by the link in it, without signing in: whoever holds the letter may, and nobody can forge the link.

The link names the person and the kinds of the letter. It stays good, as mail programs expect, and using it twice
changes nothing more.
"""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeSerializer

from hub.live.backend import Backend
from hub.notifications.kinds import USUAL
from hub.notifications.settings import Rule, store_rules
from hub.refusals import ErrorCode, Refusal
from hub.store.keys import signing_keys

PATH = "/unsubscribe/"
_LONGEST = 1_000


def address_of(backend: Backend, user_id: int, kinds: Sequence[str]) -> str:
    base = backend.settings.public_url or backend.settings.site_url
    return f"{base.rstrip('/')}{PATH}{_signer(backend).dumps([user_id, list(kinds)])}"


def read(backend: Backend, token: str) -> tuple[int, list[str]]:
    """The person and the kinds; refuse what is none of ours."""
    try:
        if len(token) > _LONGEST:
            raise BadSignature("too long")
        user_id, kinds = _signer(backend).loads(token)
    except BadSignature:
        raise Refusal(ErrorCode.INVALID, "This is no link of ours: open the one in the mail, whole.", "token") from None
    return user_id, [kind for kind in kinds if kind in USUAL]


async def unsubscribe(backend: Backend, token: str) -> None:
    """No mail of these kinds to this person any more."""
    user_id, kinds = read(backend, token)
    await store_rules(backend.database, user_id, [Rule(kind, "EMAIL", "OFF") for kind in kinds])


def _signer(backend: Backend) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(signing_keys(backend.settings))), salt="hub.unsubscribe")
