import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from hub.refusals import AccessRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.tables import Row, fill

SCOPES = (
    "COMMENTS_WRITE",
    "THREADS_WRITE",
    "POSTS_PUBLISH",
    "CLUBS_MANAGE",
    "ACTIONS_WRITE",
    "ACTIONS_READ",
    "ACTIONS_READ_PERSONAL",
    "EXPORT",
    "EVENTS_WRITE",
    "RSVPS_WRITE",
    "CLUBS_READ",
    "USER_READ_PRIVATE",
    "MODERATE",
    "ADMIN",
)
READS_CLUB = "CLUBS_READ"
"""With it an app that is bound to a club counts as a member there, for reading."""

_ORIGINS, _ADDRESS = 10, 500
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]{1,200}")

OWNED_CLUB = """exists (select 1 from memberships om where om.club_id = {t}.club_id and om.user_id = :viewer
    and om.role = 'OWNER' and om.status = 'ACTIVE')"""
_MANAGED = f"({{t}}.owner_id = :viewer or {OWNED_CLUB})"


def visible_apps(standing: Standing) -> str:
    """Whoever is signed in may know which there are: they are asked to grant them something. An app knows itself."""
    if standing is Standing.CLUB_APP:
        return "{t}.club_id = :within"
    return "true" if standing.signed_in else "{t}.id = :app"


def visible_tokens(standing: Standing) -> str:
    """One's own, and those of apps that one manages; no app sees any."""
    if standing is Standing.ADMIN:
        return "true"
    if not standing.signed_in or standing is Standing.CLUB_APP:
        return "false"
    managed = f"exists (select 1 from partner_apps ta where ta.id = {{t}}.app_id and {fill(_MANAGED, 'ta')})"
    return f"{{t}}.user_id = :viewer or {managed}"


def visible_grants(standing: Standing) -> str:
    """One's own."""
    app = (
        f"exists (select 1 from partner_apps ga where ga.id = {{t}}.app_id and ({fill(visible_apps(standing), 'ga')}))"
    )
    return f"{{t}}.user_id = :viewer and {app}" if standing.signed_in else "false"


def may_manage(viewer: Viewer, app: Row) -> bool:
    """Admins, the app's owner and the owners of its club; as `manages` of the app's row says."""
    return viewer.standing is Standing.ADMIN or bool(app["manages"])


def may_see_usage(viewer: Viewer, app: Row) -> bool:
    """Those who manage it, and the app itself, for whomever it acts."""
    return viewer.app_id == app["id"] or may_manage(viewer, app)


def ensure_manages(viewer: Viewer, app: Row, argument: str) -> None:
    if not may_manage(viewer, app):
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This app belongs to others: ask its owner or an admin.", argument)


def ensure_scopes(scopes: Iterable[str], within: Collection[str] = SCOPES) -> list[str]:
    """The scopes in the order of `SCOPES`, each once; refuse those that are unknown or beyond what may be had."""
    wanted = set(scopes)
    if beyond := wanted - set(within):
        raise Refusal(
            ErrorCode.INVALID,
            f"These scopes are not to be had here: {', '.join(sorted(beyond))}. Leave them out.",
            "scopes",
        )
    return [scope for scope in SCOPES if scope in wanted]


def ensure_origins(origins: list[str]) -> list[str]:
    kept = list(dict.fromkeys(origin.strip().lower().rstrip("/") for origin in origins))
    if len(kept) > _ORIGINS or not all(map(_ORIGIN.fullmatch, kept)):
        message = f"Give at most {_ORIGINS} origins, each like `https://club.example`."
        raise FieldRefusal(ErrorCode.INVALID, message, "allowedOrigins", most=_ORIGINS)
    return kept


def ensure_address(address: str | None) -> str | None:
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc or not address.isprintable():
        raise Refusal(
            ErrorCode.INVALID, "This is no address of a web page: write it like `https://example.org/page`.", "homepage"
        )
    if len(address) > _ADDRESS:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"An address has at most {_ADDRESS} characters: give a shorter one.",
            "homepage",
            most=_ADDRESS,
        )
    return address


def ensure_end(expires_at: datetime | None, days: int) -> datetime:
    """When a token ends: as wished, within the limit; at the limit without a wish."""
    latest = now() + timedelta(days=days)
    if expires_at is None:
        return latest
    if not now() < expires_at <= latest:
        raise FieldRefusal(
            ErrorCode.INVALID, f"A token ends within {days} days: give such an end, or none.", "expiresAt", most=days
        )
    return expires_at
