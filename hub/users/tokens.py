"""Opaque bearer tokens: random, stored as a hash, ending at a time; and the viewer that a token stands for."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.audit.recording import ENTRIES, RECORD
from hub.live.log import Position
from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database, Record
from hub.store.ids import new_id
from hub.store.instants import from_driver, now
from hub.users.rules import IN_FORCE, KEEPS_OUT, kept_out

_PREFIX = "hub_"
_LONGEST = 200
MAY_SIGN_IN = "u.status = 'ACTIVE'"
"""Of a row `u` of users."""
SANCTIONED = f"""
    left join sanctions x on x.user_id = u.id and x.kind <> 'WARNING' and {IN_FORCE.replace("{t}", "x")}"""
"""What such a person is under, a row each; `in_force_of` wants `x.kind as sanction, x.expires_at as sanction_until`."""

CLUBS = "m.club_id, m.role as club_role, m.status as club_status"
BELONGING = "left join memberships m on m.user_id = u.id and m.status not in ('LEFT', 'EXPIRED', 'REQUESTED')"
"""Where such a person belongs or is barred, a row each; `clubs_of` wants `CLUBS` of it."""


@dataclass(frozen=True)
class Clubs:
    """Of one person, as a Viewer wants them."""

    active: frozenset[int]
    offices: frozenset[tuple[int, str]]
    barred: frozenset[int]


@dataclass(frozen=True)
class Token:
    """`text` is shown once and stored nowhere."""

    id: int
    text: str
    digest: str
    expires_at: datetime


@dataclass(frozen=True)
class Bearer:
    """Whom a token stands for, as of a position of that person's own stream, and until when.

    Of an app: as of its own stream, where it stands for no person; else that comes in `app_as_of`. `origins` are those
    of the web pages that may use an app's token, and with `persisted_only` it runs registered documents alone.
    """

    viewer: Viewer
    expires_at: datetime
    as_of: Position | None
    app_as_of: Position | None = None
    origins: frozenset[str] | None = None
    persisted_only: bool = False


def new_token(days: float) -> Token:
    text = _PREFIX + secrets.token_urlsafe(32)
    return Token(new_id(), text, digest_of(text), now() + timedelta(days=days))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_STORE = Chain(
    (
        Step(
            "taken",
            """insert into tokens (id, user_id, digest, created_at, expires_at)
               values ({as_id id}, {as_id user}, :digest, {now}, {as_instant expires}) returning id""",
        ),
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)


async def store_token(database: Database, user_id: int, token: Token, act: Sequence[dict[str, Any]] = ()) -> None:
    """`act` is for the audit log, where somebody else made the token."""
    values = {"id": token.id, "user": user_id, "digest": token.digest, "expires": token.expires_at}
    await _STORE.run(database, {**values, "entries": list(act)})


_BEARER = f"""
    select k.id, k.expires_at, u.id as user_id, u.role, {CLUBS}, s.epoch, s.last_seq, s.kept_from,
        x.kind as sanction, x.expires_at as sanction_until
    from tokens k
    join users u on u.id = k.user_id and {MAY_SIGN_IN}
    left join sessions f on f.id = k.session_id
    left join streams s on s.id = u.id
    {BELONGING}
    {SANCTIONED}
    where k.digest = :digest and k.revoked_at is null and k.expires_at > {{now}} and f.ended_at is null"""


async def bearer_of(database: Database, text: str) -> Bearer:
    """Who holds this token, with standing, clubs and roles there, and sanctions, in one statement.

    A dead token is UNAUTHENTICATED; one of a person who is kept out is BANNED or SUSPENDED, with its end.
    """
    ensure_sane(text)
    rows = await database.fetch_small(_BEARER, {"digest": digest_of(text)})
    if not rows:
        raise refused()
    in_force = in_force_of(rows)
    if (out := keeping_out(in_force)) is not None:
        raise out
    first, clubs = rows[0], clubs_of(rows)
    viewer = Viewer(
        user_id=first["user_id"],
        standing=Standing(first["role"]),
        clubs=clubs.active,
        offices=clubs.offices,
        barred=clubs.barred,
        token_id=first["id"],
        muted="MUTE" in in_force,
        muted_until=in_force.get("MUTE"),
    )
    as_of = None if first["epoch"] is None else Position(first["epoch"], first["last_seq"], first["kept_from"])
    return Bearer(viewer, from_driver(first["expires_at"]), as_of)


def clubs_of(rows: list[Record]) -> Clubs:
    """Of rows that have `CLUBS`."""
    active = [row for row in rows if row["club_status"] == "ACTIVE"]
    ids = frozenset(row["club_id"] for row in active)
    return Clubs(
        ids,
        frozenset((row["club_id"], row["club_role"]) for row in active if row["club_role"] != "MEMBER"),
        frozenset(row["club_id"] for row in rows if row["club_id"] is not None) - ids,
    )


def in_force_of(rows: list[Record]) -> dict[str, datetime | None]:
    """The kinds of sanctions in these rows, each with its latest end; None for one without an end."""
    found: dict[str, datetime | None] = {}
    for row in rows:
        kind, until = row["sanction"], row["sanction_until"] and from_driver(row["sanction_until"])
        if kind is not None:
            other = found.get(kind, until)
            found[kind] = None if until is None or other is None else max(until, other)
    return found


def keeping_out(in_force: Mapping[str, datetime | None]) -> AccessRefusal | None:
    """The refusal of a person who may not be here at all; a ban counts before a suspension."""
    return next((kept_out(kind, in_force[kind]) for kind in KEEPS_OUT if kind in in_force), None)


def ensure_sane(text: str) -> None:
    if len(text) > _LONGEST or not text.isascii():
        raise refused()


def refused() -> Refusal:
    return Refusal(ErrorCode.UNAUTHENTICATED, "This token is not valid, was revoked or has expired. Log in again.")
