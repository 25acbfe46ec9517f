"""Sessions: one sign-in each, kept alive by a refresh token that works once.

Whoever shows a token that was used before is a thief, or was robbed: the whole session ends. Only a retry right
after, whose first answer may have been lost, gets the same successor again, within `HUB_REFRESH_GRACE`. So thief
and owner hold the same token for as long as that, and the next to use it late gives both away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.instants import from_text, now
from hub.text.plain import ensure_line
from hub.users import refresh_tokens
from hub.users.notices import access_changed
from hub.users.refresh_tokens import RefreshToken
from hub.users.rules import IN_FORCE, ensure_signed_in
from hub.users.tokens import Token, in_force_of, keeping_out, new_token

_DEVICE_LENGTH = 100
_LISTED = 100
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Session:
    """A sign-in with fresh tokens, which are shown once. `replayed` when a retry got its lost answer again."""

    user_id: int
    access: Token
    refresh: RefreshToken
    replayed: bool = False


@dataclass(frozen=True)
class Listed:
    """A session as its person sees it."""

    id: int
    started_at: datetime
    last_seen_at: datetime
    device: str | None
    current: bool


_TOKEN = Step(
    "token",
    """insert into tokens (id, user_id, session_id, digest, created_at, expires_at)
       select {as_id token}, taken.user_id, taken.id, {as_text token_digest}, {now}, {as_instant token_ends}
       from taken returning id""",
)
_OPEN = Chain(
    (
        Step(
            "taken",
            """insert into sessions (id, user_id, device, started_at, last_seen_at, refresh_digest, expires_at)
               values ({as_id id}, {as_id user}, :device, {now}, {now}, :digest, {as_instant ends})
               returning id, user_id""",
        ),
        _TOKEN,
    ),
    answer="taken",
)
_ROTATE = Chain(
    (
        Step(
            "taken",
            f"""update sessions set refresh_digest = {{as_text next}}, spent_digest = {{as_text digest}},
                    last_seen_at = {{now}}, expires_at = {{as_instant ends}}
                where id = {{as_id id}} and refresh_digest = {{as_text digest}}
                  and ended_at is null and expires_at > {{now}}
                  and exists (select 1 from users u where u.id = sessions.user_id and u.status = 'ACTIVE')
                  and not exists (select 1 from sanctions x where x.user_id = sessions.user_id
                      and x.kind in ('BAN', 'SUSPENSION') and {IN_FORCE.replace("{t}", "x")})
                returning id, user_id""",
        ),
        _TOKEN,
    ),
    answer="taken",
)
_AGAIN = Chain(
    (
        Step(
            "taken",
            """select id, user_id from sessions
               where id = {as_id id} and refresh_digest = {as_text next} and spent_digest = {as_text digest}
                 and ended_at is null and last_seen_at > {as_instant since} {for_update}""",
        ),
        _TOKEN,
    ),
    answer="taken",
)


def _ending(which: str) -> Chain:
    """Of the person whose id is `stream`; whoever holds a line open under one is let go at once."""
    update = f"update sessions set ended_at = {{now}} where user_id = {{as_id stream}} and ended_at is null and {which}"
    return Chain((Step("taken", f"{update} returning id"), *log.TELL), answer="taken", records={"facts": log.FACTS})


_END = _ending("id = {as_id session}")
_END_ALL = _ending("id <> {as_id kept}")
_END_OLDEST = _ending(
    """id in (select s.id from sessions s where s.user_id = {as_id stream} and s.ended_at is null
              and s.expires_at > {now} order by s.last_seen_at desc, s.id desc limit 1000 offset :most)"""
)


def ensure_device(device: str | None) -> str | None:
    return None if device is None else ensure_line(device, "device", least=1, most=_DEVICE_LENGTH)


async def open_session(backend: Backend, user_id: int, device: str | None) -> Session:
    most = backend.settings.sessions_per_person - 1
    if await _END_OLDEST.run(backend.database, {**access_changed(user_id), "most": most}):
        backend.relay.tell(user_id)
    session_id = new_id()
    refresh, access = refresh_tokens.first_of(backend.settings, session_id), _access(backend)
    values = {"id": session_id, "user": user_id, "device": device, "digest": refresh.digest, "ends": _ends(backend)}
    await _OPEN.run(backend.database, {**values, **_of_token(access)})
    return Session(user_id, access, refresh)


async def refresh_session(backend: Backend, text: str) -> Session:
    """Fresh tokens for the one given, which is spent by that; a token spent before ends its session."""
    token = refresh_tokens.read(backend.settings, text)
    if token is None:
        raise _refused()
    successors, access = refresh_tokens.successors_of(backend.settings, token), _access(backend)
    values = {"id": token.session_id, "digest": token.digest, **_of_token(access)}
    rotated = await _ROTATE.run(backend.database, {**values, "next": successors[0].digest, "ends": _ends(backend)})
    if rotated:
        return Session(rotated[0]["user_id"], access, successors[0])
    since = now() - timedelta(seconds=backend.settings.refresh_grace)
    for successor in successors:
        if again := await _AGAIN.run(backend.database, {**values, "next": successor.digest, "since": since}):
            return Session(again[0]["user_id"], access, successor, replayed=True)
    raise await _judged(backend, token)


async def _judged(backend: Backend, token: RefreshToken) -> Refusal:
    """Why a token of ours is not taken; a spent one ends its session."""
    rows = await backend.database.fetch(
        f"""select s.user_id, s.refresh_digest, x.kind as sanction, x.expires_at as sanction_until from sessions s
            left join sanctions x on x.user_id = s.user_id and {IN_FORCE.replace("{t}", "x")}
            where s.id = :id and s.ended_at is null and s.expires_at > {{now}}""",
        {"id": token.session_id},
    )
    if not rows:
        return _refused()
    if rows[0]["refresh_digest"] == token.digest:
        return keeping_out(in_force_of(rows)) or _refused()
    await _end(backend, rows[0]["user_id"], token.session_id)
    return _refused()


async def end_session(backend: Backend, viewer: Viewer, session_id: int | None) -> bool:
    """End a session of the viewer's, by default the one that asks; False when it had ended.

    A token of the shell has no session: the token itself ends.
    """
    user_id = ensure_signed_in(viewer)
    session_id = session_id or await current_session(backend.database, viewer)
    if session_id is None:
        await _REVOKE.run(backend.database, {**access_changed(user_id), "token": viewer.token_id})
        backend.relay.tell(user_id)
        return True
    if await _end(backend, user_id, session_id):
        return True
    known = await backend.database.fetch(
        "select id from sessions where id = :id and user_id = :user", {"id": session_id, "user": user_id}
    )
    if not known:
        raise Refusal(ErrorCode.NOT_FOUND, "You have no such session: `viewer { sessions { id } }` lists yours.", "id")
    return False


async def end_sessions(backend: Backend, user_id: int, kept: int | None = None) -> None:
    """End all sessions of a person, but for one that is kept."""
    if await _END_ALL.run(backend.database, {**access_changed(user_id), "kept": kept or 0}):
        backend.relay.tell(user_id)


async def current_session(database: Database, viewer: Viewer) -> int | None:
    rows = await database.fetch("select session_id from tokens where id = :id", {"id": viewer.token_id})
    return rows[0]["session_id"] if rows else None


async def sessions_of(database: Database, viewer: Viewer) -> list[Listed]:
    """The viewer's own, the one seen last first."""
    rows = await database.fetch(
        """select s.id, s.started_at, s.last_seen_at, s.device,
               s.id = (select k.session_id from tokens k where k.id = :token) as current
           from sessions s where s.user_id = :user and s.ended_at is null and s.expires_at > {now}
           order by s.last_seen_at desc, s.id desc limit :most""",
        {"user": ensure_signed_in(viewer), "token": viewer.token_id, "most": _LISTED},
    )
    return [
        Listed(r["id"], _instant(r["started_at"]), _instant(r["last_seen_at"]), r["device"], bool(r["current"]))
        for r in rows
    ]


async def prune(database: Database, before: datetime) -> None:
    """Drop the tokens of sessions that ended before then, and after them the sessions."""
    await database.write(
        "delete from tokens where session_id is not null and expires_at < {as_instant before}", {"before": before}
    )
    await database.write(
        """delete from sessions where (ended_at < {as_instant before} or expires_at < {as_instant before})
           and not exists (select 1 from tokens k where k.session_id = sessions.id)""",
        {"before": before},
    )


_REVOKE = Chain(
    (
        Step(
            "taken", "update tokens set revoked_at = {now} where id = {as_id token} and revoked_at is null returning id"
        ),
        *log.TELL,
    ),
    answer="taken",
    records={"facts": log.FACTS},
)


async def _end(backend: Backend, user_id: int, session_id: int) -> bool:
    ended = await _END.run(backend.database, {**access_changed(user_id), "session": session_id})
    if ended:
        backend.relay.tell(user_id)
    return bool(ended)


def _access(backend: Backend) -> Token:
    return new_token(backend.settings.access_minutes / _MINUTES_A_DAY)


def _ends(backend: Backend) -> datetime:
    return now() + timedelta(days=backend.settings.session_days)


def _of_token(access: Token) -> dict[str, Any]:
    return {"token": access.id, "token_digest": access.digest, "token_ends": access.expires_at}


def _instant(value: Any) -> datetime:
    return from_text(value) if isinstance(value, str) else value


def _refused() -> Refusal:
    return Refusal(ErrorCode.UNAUTHENTICATED, "This refresh token is not valid, was used or has expired. Log in again.")
