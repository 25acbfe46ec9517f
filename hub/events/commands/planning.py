from dataclasses import asdict, astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.clubs.loaders import club_by_id
from hub.events.loaders import event_by_id
from hub.events.notices import EVENT_CHANGED, SEATS_FREED, SeatsFreed
from hub.events.rules import (
    WAITING_MOST,
    ensure_may_change,
    ensure_may_plan,
    ensure_reachable,
    ensure_shown_to,
    ensure_times,
    ensure_version,
    ensure_within_range,
)
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store import idempotency
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.instants import now, whole
from hub.store.tables import Row
from hub.subjects.commands import begin, beginning
from hub.text.markdown import render_aside
from hub.text.plain import ensure_line, ensure_text, slug_of
from hub.users.happenings import HAPPENED, INVOLVED, Happened, Involved
from hub.users.rules import ensure_signed_in

REMINDED_BEFORE = timedelta(hours=24)
PLACE_CHARS = {"name": 200, "address": 300, "locality": 120, "region": 60, "country": 60}
SEATS_MOST = 1_000_000
GUESTS_MOST = 50
TRIES = 5

_COLUMNS = {
    "title": "as_text title",
    "body_source": "as_text source",
    "body_html": "as_text html",
    "body_excerpt": "as_text excerpt",
    "starts_at": "as_instant starts_at",
    "ends_at": "as_instant ends_at",
    "time_zone": "as_text time_zone",
    "attendance": "as_text attendance",
    **{f"place_{name}": f"as_text place_{name}" for name in PLACE_CHARS},
    "online_url": "as_text online_url",
    "capacity": "as_int capacity",
    "max_guests": "as_int max_guests",
    "rsvp_closes_at": "as_instant rsvp_closes_at",
    "waitlist_enabled": "as_bool waitlist_enabled",
    "waitlist_limit": "as_int waitlist_limit",
}
_VALUES = ", ".join(f"{{{value}}}" for value in _COLUMNS.values())

_CREATE = Chain(
    (
        *begin(),
        Step(
            "planned",
            f"""insert into events (id, slug, club_id, {", ".join(_COLUMNS)})
                select id, :slug, {{as_id club}}, {_VALUES} from taken returning id""",
        ),
        Step(
            "hosted",
            """insert into event_hosts (id, event_id, user_id)
               select {as_id host_link}, id, {as_id author} from planned returning id""",
        ),
        idempotency.REMEMBER,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"keys": idempotency.KEY_RECORDS, "entries": ENTRIES, "work": WORK},
)
# The event's row comes first, as it does for those who answer.
_CHANGE = Chain(
    (
        Step(
            "taken",
            f"""update events set {", ".join(f"{name} = {{{value}}}" for name, value in _COLUMNS.items())},
                    version = version + 1
                where id = {{as_id stream}} and version = {{as_int version}} and status <> 'CANCELLED'
                  and exists (select 1 from subjects where id = {{as_id stream}} and state = {{as_int state}}
                      and (frozen_at is null or frozen_at > {{now}}))
                returning id""",
        ),
        *log.TELL,
        idempotency.REMEMBER,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "keys": idempotency.KEY_RECORDS, "entries": ENTRIES, "work": WORK},
)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What those who organize write; `place` has the names of `PLACE_CHARS`."""

    title: str
    body: str
    starts_at: datetime
    ends_at: datetime | None
    time_zone: str
    attendance: str
    place: dict[str, str | None] | None
    online_url: str | None
    capacity: int | None
    max_guests: int
    rsvp_closes_at: datetime | None
    waitlist_enabled: bool
    waitlist_limit: int | None


@dataclass(frozen=True)
class Saved:
    """The id of the event; `replayed` when an earlier call with the same key had made or changed it."""

    id: int
    replayed: bool = False


async def create_event(
    backend: Backend, viewer: Viewer, plan: Plan, *, club_id: int | None, visibility: str, key: str
) -> Saved:
    """Plan an event, at once there for all who may see it, with its author as host."""
    user_id = ensure_may_plan(viewer, club_id, "clubId")
    scope, digest = f"event:{user_id}", idempotency.digest_of(club_id, visibility, *astuple(plan))
    if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
        return Saved(known, replayed=True)
    if club_id is not None and await club_by_id.row(backend.database, viewer, club_id) is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such club, or you may not see it: check the id.", "clubId")
    ensure_shown_to(visibility, club_id)
    values, event_id = await _checked(backend, plan), new_id()
    try:
        await _CREATE.run(
            backend.database,
            {
                **values,
                **beginning(id=event_id, kind="EVENT", author_id=user_id, club_id=club_id, visibility=visibility),
                "slug": f"{slug_of(values['title'])}-{event_id % 1_000_000:06d}",
                "host_link": new_id(),
                "work": [INVOLVED.job(Involved("AUTHORED", "EVENT", event_id)), *_reminder(event_id, plan.starts_at)],
                "keys": [idempotency.record(scope, key, digest, event_id)],
                "entries": entry(viewer, "event.planned", ("Event", event_id), club_id=club_id, after=_named(values)),
            },
        )
    except UniqueViolation:
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is None:
            raise
        return Saved(known, replayed=True)
    backend.relay.tell(queue.BELL)
    return Saved(event_id)


async def change_event(
    backend: Backend,
    viewer: Viewer,
    plan: Plan,
    *,
    event_id: int,
    expected_version: int | None,
    notify: bool = True,
    key: str,
) -> Saved:
    """A new plan for an event; a version that moved on is a conflict. Answers that were given stay.

    `notify`: who answered or follows is told.
    """
    scope = f"event:{ensure_signed_in(viewer)}"
    digest = idempotency.digest_of(event_id, expected_version, *astuple(plan))
    for _ in range(TRIES):
        event = await found(backend, viewer, event_id)
        if (known := await idempotency.first_answer(backend.database, scope, key, digest)) is not None:
            return Saved(known, replayed=True)
        ensure_may_change(viewer, event)
        ensure_version(event, expected_version)
        values = await _checked(backend, plan)
        before, after = _named(event), _named(values)
        try:
            taken = await _CHANGE.run(
                backend.database,
                {
                    **values,
                    "stream": event_id,
                    "state": event["state"],
                    "version": expected_version,
                    "facts": log.facts(EVENT_CHANGED, event_id),
                    "work": [
                        SEATS_FREED.job(SeatsFreed(event_id), key=str(event_id)),
                        *told_of(viewer, "EVENT_CHANGED", event_id, notify=notify),
                        *_reminder(event_id, plan.starts_at),
                    ],
                    "keys": [idempotency.record(scope, key, digest, event_id)],
                    "entries": entry(
                        viewer,
                        "event.changed",
                        ("Event", event_id),
                        club_id=event["club_id"],
                        before=before,
                        after=after,
                    ),
                },
            )
        except UniqueViolation:  # the same call came twice at once
            continue
        if taken:
            backend.relay.tell(event_id, queue.BELL)
            return Saved(event_id)
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )


def told_of(viewer: Viewer, kind: str, event_id: int, *, notify: bool) -> list[dict[str, Any]]:
    """The job that tells people of it, where they are to be told."""
    happened = Happened(kind, "EVENT", event_id, viewer.user_id, new_id())
    return [HAPPENED.job(happened)] if notify else []


def _reminder(event_id: int, starts_at: datetime) -> list[dict[str, Any]]:
    """The timer for a beginning that is not near yet, once for each; one for another beginning tells nobody."""
    at = starts_at - REMINDED_BEFORE
    if at <= now():
        return []
    happened = Happened("EVENT_REMINDER", "EVENT", event_id, None, new_id(), at=whole(starts_at))
    return [HAPPENED.job(happened, key=f"{event_id}:{happened.at}", run_at=at)]


async def found(backend: Backend, viewer: Viewer, event_id: int) -> Row:
    event = await event_by_id.row(backend.database, viewer, event_id)
    if event is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such event, or you may not see it: check the id.", "id")
    return event


async def _checked(backend: Backend, plan: Plan) -> dict[str, Any]:
    """The columns of the plan, or the refusal of what it may not say."""
    ensure_times(plan.starts_at, plan.ends_at, plan.rsvp_closes_at, plan.time_zone)
    ensure_within_range(plan.capacity, "capacity", 1, SEATS_MOST)
    ensure_within_range(plan.waitlist_limit, "waitlistLimit", 1, WAITING_MOST)
    ensure_within_range(plan.max_guests, "maxGuests", 0, GUESTS_MOST)
    place = _place(plan.place)
    ensure_reachable(plan.attendance, plan.online_url, place["place_name"])
    settings = backend.settings
    title = ensure_line(plan.title, "title", least=1, most=settings.title_length)
    body = await render_aside(ensure_text(plan.body, "body", least=1, most=settings.body_length))
    written = {"title": title, "source": body.source, "html": body.html, "excerpt": body.excerpt}
    rest = {name: value for name, value in asdict(plan).items() if name not in {"title", "body", "place"}}
    return {**rest, **place, **written}


def _place(place: dict[str, str | None] | None) -> dict[str, str | None]:
    given = place or {}
    return {
        f"place_{name}": ensure_line(value, "place", name, least=1, most=most) if (value := given.get(name)) else None
        for name, most in PLACE_CHARS.items()
    }


def _named(values: Any) -> dict[str, Any]:
    """For the log: what people go by."""
    names = ("title", "starts_at", "ends_at", "time_zone", "capacity")
    return {name: str(value) if isinstance(value := values[name], datetime) else value for name in names}
