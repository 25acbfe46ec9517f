"""Sanctions: warned, muted, suspended, banned; each with a reason and mostly an end.

They hold from the moment on, on open sockets too, since the person's own stream tells them. Their end needs no
job: what is in force is judged by the clock of the database wherever a token is looked up.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.instants import now, to_text
from hub.text.plain import ensure_text
from hub.users.handles import handle_key
from hub.users.happenings import HAPPENED, Happened
from hub.users.notices import access_changed
from hub.users.rules import IN_FORCE, KEEPS_OUT, ensure_may_sanction, ensure_standing
from hub.users.tokens import in_force_of

_REASON_LENGTH = 1_000
_LOGGED = 500
ACTS = {"WARNING": "user.warned", "MUTE": "user.muted", "SUSPENSION": "user.suspended", "BAN": "user.banned"}
"""What the audit log calls it."""
_IN_FORCE = IN_FORCE.replace("{t}", "sanctions")


@dataclass(frozen=True)
class Laid:
    """A sanction as it is laid on."""

    kind: str
    reason: str
    until: datetime | None

    def act(self, actor: Viewer, user_id: int) -> list[dict[str, Any]]:
        """For the audit log."""
        after = {"kind": self.kind, "until": to_text(self.until) if self.until is not None else None}
        return entry(actor, ACTS[self.kind], ("User", user_id), after=after, reason=self.reason[:_LOGGED])


# One of a kind is in force at most, so that to lift it is to be rid of it; warnings add up.
_LAY_ON = Chain(
    (
        Step(
            "taken",
            """insert into sanctions (id, user_id, kind, reason, by_id, at, expires_at)
               select {as_id id}, u.id, {as_text kind}, {as_text reason}, {as_id by}, {now}, {as_instant until}
               from users u
               where u.id = {as_id stream} and u.status = 'ACTIVE' and u.role = {as_text role} returning id""",
        ),
        Step(
            "replaced",
            f"""update sanctions set lifted_at = {{now}}, lifted_by_id = {{as_id by}}
                where user_id = {{as_id stream}} and kind = {{as_text kind}} and kind <> 'WARNING'
                  and id <> {{as_id id}} and {_IN_FORCE} and exists (select 1 from taken) returning id""",
        ),
        *log.TELL,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES, "work": WORK},
)


def _lifting(which: str) -> Chain:
    update = f"""update sanctions set lifted_at = {{now}}, lifted_by_id = {{as_id by}}
                 where user_id = {{as_id stream}} and {which} and {_IN_FORCE}"""
    steps = (Step("taken", f"{update} returning id"), *log.TELL, RECORD)
    return Chain(steps, answer="taken", records={"facts": log.FACTS, "entries": ENTRIES})


_LIFT = _lifting("id = {as_id sanction}")
_LET_IN = _lifting("kind in ('BAN', 'SUSPENSION')")


async def sanction_user(
    backend: Backend, viewer: Viewer, *, user_id: int, kind: str, reason: str, until: datetime | None
) -> int:
    """Lay a sanction on a person, in place of one of the same kind; its id."""
    ensure_standing(viewer, Standing.MODERATOR, Standing.ADMIN)
    _ensure_end(kind, until)
    laid = Laid(kind, ensure_text(reason, "reason", least=1, most=_REASON_LENGTH), until)
    user_id, role = await person_of(backend.database, user_id=user_id)
    ensure_may_sanction(viewer, user_id, role)
    sanction_id = await lay_on(backend, viewer, user_id, role, laid)
    if sanction_id is None:
        raise Refusal(
            ErrorCode.CONFLICT,
            "This person was changed meanwhile, or has never signed in: look again, and try once more.",
            "userId",
        )
    return sanction_id


async def lift_sanction(backend: Backend, viewer: Viewer, *, sanction_id: int, reason: str | None = None) -> bool:
    """End a sanction before its time; False when it was over."""
    ensure_standing(viewer, Standing.MODERATOR, Standing.ADMIN)
    why = ensure_reason(reason)
    rows = await backend.database.fetch("select user_id, kind from sanctions where id = :id", {"id": sanction_id})
    if not rows:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such sanction: check the id.", "id")
    user_id, role = await person_of(backend.database, user_id=rows[0]["user_id"])
    ensure_may_sanction(viewer, user_id, role)
    act = entry(viewer, "user.sanction_lifted", ("User", user_id), before={"kind": rows[0]["kind"]}, reason=why)
    return await _lift(backend, _LIFT, user_id, viewer, act, sanction=sanction_id)


async def let_in(backend: Backend, actor: Viewer, user_id: int) -> bool:
    """Lift what keeps this person out; False when nothing did."""
    return await _lift(backend, _LET_IN, user_id, actor, entry(actor, "user.unbanned", ("User", user_id)))


async def lay_on(backend: Backend, actor: Viewer, user_id: int, role: Standing, laid: Laid) -> int | None:
    """None when the person has another role than the one judged, or an account that nobody uses."""
    sanction_id, act = new_id(), laid.act(actor, user_id)
    values = {"id": sanction_id, "role": role, "kind": laid.kind, "reason": laid.reason, "by": actor.user_id}
    happened = Happened("MODERATION_DECISION", "SANCTION", sanction_id, None, sanction_id, user_id)
    # Who is kept out is told so where they try to come in.
    work = [] if laid.kind in KEEPS_OUT else [HAPPENED.job(happened)]
    told = {"until": laid.until, "entries": act, "work": work}
    rows = await _LAY_ON.run(backend.database, {**access_changed(user_id), **values, **told})
    backend.relay.tell(user_id, queue.BELL)
    return rows[0]["id"] if rows else None


async def in_force(database: Database, user_id: int) -> dict[str, datetime | None]:
    """The kinds of sanctions that this person is under, each with its end, None for none."""
    rows = await database.fetch(
        f"""select kind as sanction, expires_at as sanction_until from sanctions
            where user_id = :user and kind <> 'WARNING' and {_IN_FORCE}""",
        {"user": user_id},
    )
    return in_force_of(rows)


async def person_of(
    database: Database, *, handle: str | None = None, user_id: int | None = None
) -> tuple[int, Standing]:
    """Id and role of the person with this handle or id; refuse what nobody has."""
    rows = await database.fetch(
        "select id, role from users where handle_key = {as_text key} or id = {as_id id}",
        {"key": handle_key(handle) if handle is not None else None, "id": user_id},
    )
    if not rows:
        message = f"Nobody has the handle {handle}." if handle is not None else "There is no such person: check the id."
        raise Refusal(ErrorCode.NOT_FOUND, message, "handle" if handle is not None else "userId")
    return rows[0]["id"], Standing(rows[0]["role"])


async def _lift(
    backend: Backend, chain: Chain, user_id: int, actor: Viewer, act: list[dict[str, Any]], **values: int
) -> bool:
    given = {**access_changed(user_id), "by": actor.user_id, "entries": act, **values}
    lifted = await chain.run(backend.database, given)
    backend.relay.tell(user_id)
    return bool(lifted)


def _ensure_end(kind: str, until: datetime | None) -> None:
    path = ("sanction", "expiresAt")
    if kind == "SUSPENSION" and until is None:
        raise FieldRefusal(ErrorCode.REQUIRED, "A suspension has an end: give one, or lay on a ban.", *path)
    if kind == "WARNING" and until is not None:
        raise FieldRefusal(ErrorCode.INVALID, "A warning has no end: leave it out.", *path)
    if until is not None and until <= now():
        raise FieldRefusal(ErrorCode.INVALID, "The end lies in the past: give a later one.", *path)
