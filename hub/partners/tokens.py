"""Tokens with scopes, and the viewer that one stands for: an app, an app for a member, or a person's script.

Their texts begin otherwise than those of sign-ins, so that one statement finds any token, and a scanner for lost
secrets finds them too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

import orjson

from hub.live.log import Position
from hub.partners.rules import READS_CLUB
from hub.store.audience import Standing, Viewer
from hub.store.database import Database, Record
from hub.store.ids import new_id
from hub.store.instants import from_driver, now
from hub.store.sql import to_json
from hub.users import tokens
from hub.users.tokens import (
    BELONGING,
    CLUBS,
    MAY_SIGN_IN,
    SANCTIONED,
    Bearer,
    clubs_of,
    digest_of,
    ensure_sane,
    in_force_of,
    keeping_out,
    refused,
)

_APP, _SCRIPT = "hubapp_", "hubpat_"
_SHOWN = 14
# A use is noted once in so long, so that reading does not write.
_USE = timedelta(minutes=1)

_FIND = f"""select k.id, k.expires_at, k.last_used_at, k.user_id, k.app_id, k.scopes, u.role, a.club_id as within,
        a.scopes as app_scopes, a.allowed_origins, a.persisted_only, g.scopes as grant_scopes, {CLUBS},
        s.epoch, s.last_seq, s.kept_from,
        p.epoch as app_epoch, p.last_seq as app_last_seq, p.kept_from as app_kept_from,
        x.kind as sanction, x.expires_at as sanction_until
    from api_tokens k
    left join users u on u.id = k.user_id and {MAY_SIGN_IN}
    left join partner_apps a on a.id = k.app_id and a.status = 'ACTIVE'
    left join app_grants g on g.app_id = k.app_id and g.user_id = k.user_id
    left join streams s on s.id = k.user_id
    left join streams p on p.id = k.app_id
    {BELONGING}
    {SANCTIONED}
    where k.digest = :digest and k.revoked_at is null and k.expires_at > {{now}}
      and (k.user_id is null or u.id is not null) and (k.app_id is null or a.id is not null)
      and (k.user_id is null or k.app_id is null or g.id is not null)"""


@dataclass(frozen=True)
class NewToken:
    """`text` is shown once and stored nowhere."""

    id: int
    text: str
    scopes: list[str]
    expires_at: datetime
    app_id: int | None
    user_id: int | None
    name: str | None

    def __repr__(self) -> str:
        return f"NewToken({self.prefix}…)"

    @property
    def prefix(self) -> str:
        return self.text[:_SHOWN]

    def shown(self) -> dict[str, Any]:
        """What the audit log says of it."""
        return {"prefix": self.prefix, "scopes": self.scopes}


def new_token(
    scopes: list[str],
    expires_at: datetime,
    *,
    app_id: int | None = None,
    user_id: int | None = None,
    name: str | None = None,
) -> NewToken:
    text = (_SCRIPT if app_id is None else _APP) + token_urlsafe(32)
    return NewToken(new_id(), text, scopes, expires_at, app_id, user_id, name)


def values_of(token: NewToken) -> dict[str, Any]:
    """The parameters of a statement that stores it."""
    return {
        "id": token.id,
        "app": token.app_id,
        "user": token.user_id,
        "name": token.name,
        "digest": digest_of(token.text),
        "prefix": token.prefix,
        "scopes": to_json(token.scopes),
        "expires": token.expires_at,
    }


async def bearer_of(database: Database, text: str) -> Bearer:
    """Who holds a token of any kind, in one statement; a dead token is UNAUTHENTICATED."""
    if not text.startswith((_APP, _SCRIPT)):
        return await tokens.bearer_of(database, text)
    ensure_sane(text)
    rows = await database.fetch_small(_FIND, {"digest": digest_of(text)})
    if not rows:
        raise refused()
    if (out := keeping_out(in_force_of(rows))) is not None:
        raise out
    await _note_use(database, rows[0])
    return _bearer(rows)


async def _note_use(database: Database, row: Record) -> None:
    used = row["last_used_at"]
    if used is None or from_driver(used) < now() - _USE:
        await database.write("update api_tokens set last_used_at = {now} where id = :id", {"id": row["id"]})


def _bearer(rows: list[Record]) -> Bearer:
    row = rows[0]
    person, app = _position(row, ""), _position(row, "app_")
    alone = row["user_id"] is None
    return Bearer(
        _viewer(rows),
        from_driver(row["expires_at"]),
        app if alone else person,
        None if alone else app,
        frozenset(_names(row["allowed_origins"])) if row["app_id"] is not None else None,
        persisted_only=bool(row["persisted_only"]),
    )


def _viewer(rows: list[Record]) -> Viewer:
    row = rows[0]
    within: int | None = row["within"]
    scopes = _scopes(row)
    in_force = in_force_of(rows)
    own = clubs_of(rows)
    clubs, offices = own.active, own.offices
    standing = Standing(row["role"]) if row["user_id"] is not None else Standing.ANONYMOUS
    if within is not None:
        standing, offices = Standing.CLUB_APP, frozenset[tuple[int, str]]()
        bound = frozenset({within})
        clubs = clubs & bound if row["user_id"] is not None else bound if READS_CLUB in scopes else frozenset[int]()
    return Viewer(
        user_id=row["user_id"],
        standing=standing,
        clubs=clubs,
        offices=offices,
        barred=own.barred,
        token_id=row["id"],
        app_id=row["app_id"],
        within=within,
        scopes=scopes,
        muted="MUTE" in in_force,
        muted_until=in_force.get("MUTE"),
    )


def _scopes(row: Record) -> frozenset[str]:
    """What the token, the app and the member's grant allow, all three."""
    found = frozenset(_names(row["scopes"]))
    if row["app_id"] is not None:
        found &= frozenset(_names(row["app_scopes"]))
        if row["user_id"] is not None:
            found &= frozenset(_names(row["grant_scopes"]))
    return found


def _position(row: Record, prefix: str) -> Position | None:
    if row[f"{prefix}epoch"] is None:
        return None
    return Position(row[f"{prefix}epoch"], row[f"{prefix}last_seq"], row[f"{prefix}kept_from"])


def _names(value: Any) -> list[str]:
    return orjson.loads(value) if isinstance(value, (str, bytes)) else list(value)
