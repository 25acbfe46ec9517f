"""Opaque bearer tokens: random, stored as a hash, ending at a time; and the viewer that a token stands for."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.live.log import Position
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.instants import from_text, now

_PREFIX = "hub_"
_LONGEST = 200


@dataclass(frozen=True)
class Token:
    """`text` is shown once and stored nowhere."""

    id: int
    text: str
    digest: str
    expires_at: datetime


@dataclass(frozen=True)
class Bearer:
    """Whom a token stands for, as of a position of that person's own stream, and until when."""

    viewer: Viewer
    expires_at: datetime
    as_of: Position | None


def new_token(days: int) -> Token:
    text = _PREFIX + secrets.token_urlsafe(32)
    return Token(new_id(), text, digest_of(text), now() + timedelta(days=days))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def store_token(database: Database, user_id: int, token: Token) -> None:
    await database.write(
        """insert into tokens (id, user_id, digest, created_at, expires_at)
           values (:id, :user, :digest, {now}, {as_instant expires})""",
        {"id": token.id, "user": user_id, "digest": token.digest, "expires": token.expires_at},
    )


async def bearer_of(database: Database, text: str) -> Bearer:
    """Who holds this token, with standing, clubs and roles there, in one statement; a dead token is UNAUTHENTICATED."""
    if len(text) > _LONGEST or not text.isascii():
        raise _refused()
    rows = await database.fetch(
        """select k.id, k.expires_at, u.id as user_id, u.role, m.club_id, m.role as club_role, m.status as club_status,
                  s.epoch, s.last_seq, s.kept_from
           from tokens k
           join users u on u.id = k.user_id and u.status in ('ACTIVE', 'RESTRICTED')
           left join streams s on s.id = u.id
           left join memberships m on m.user_id = u.id and m.status not in ('LEFT', 'EXPIRED')
           where k.digest = :digest and k.revoked_at is null and k.expires_at > {now}""",
        {"digest": digest_of(text)},
    )
    if not rows:
        raise _refused()
    first = rows[0]
    active = [row for row in rows if row["club_status"] == "ACTIVE"]
    viewer = Viewer(
        user_id=first["user_id"],
        standing=Standing(first["role"]),
        clubs=frozenset(row["club_id"] for row in active),
        offices=frozenset((row["club_id"], row["club_role"]) for row in active if row["club_role"] != "MEMBER"),
        barred=frozenset(row["club_id"] for row in rows if row["club_id"] is not None) - {r["club_id"] for r in active},
        token_id=first["id"],
    )
    as_of = None if first["epoch"] is None else Position(first["epoch"], first["last_seq"], first["kept_from"])
    return Bearer(viewer, _instant(first["expires_at"]), as_of)


def _instant(value: Any) -> datetime:
    return from_text(value) if isinstance(value, str) else value


def _refused() -> Refusal:
    return Refusal(ErrorCode.UNAUTHENTICATED, "This token is not valid, was revoked or has expired. Log in again.")
