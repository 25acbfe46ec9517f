from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.events.commands.planning import TRIES, Saved, found, told_of
from hub.events.notices import EVENT_CANCELLED
from hub.events.rules import ensure_may_change, ensure_may_plan
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.users.rules import ensure_signed_in

_CANCEL = Chain(
    (
        Step(
            "taken",
            """update events set status = 'CANCELLED', version = version + 1
               where id = {as_id stream} and version = {as_int version} and status <> 'CANCELLED'
                 and exists (select 1 from subjects where id = {as_id stream} and state = {as_int state}
                     and (frozen_at is null or frozen_at > {now}))
               returning id""",
        ),
        *log.TELL,
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES, "work": WORK},
)


async def cancel_event(
    backend: Backend, viewer: Viewer, *, event_id: int, reason: str | None, notify: bool = True
) -> Saved:
    """Say that an event does not take place: from then on it takes no answers. `replayed` when that was said before."""
    ensure_signed_in(viewer)
    why = ensure_reason(reason)
    for _ in range(TRIES):
        event = await found(backend, viewer, event_id)
        ensure_may_plan(viewer, event["club_id"], "id")
        if event["status"] == "CANCELLED":
            return Saved(event_id, replayed=True)
        ensure_may_change(viewer, event)
        taken = await _CANCEL.run(
            backend.database,
            {
                "stream": event_id,
                "version": event["version"],
                "state": event["state"],
                "facts": log.facts(EVENT_CANCELLED, event_id),
                "work": told_of(viewer, "EVENT_CANCELLED", event_id, notify=notify),
                "entries": entry(
                    viewer,
                    "event.cancelled",
                    ("Event", event_id),
                    club_id=event["club_id"],
                    before={"status": event["status"]},
                    after={"status": "CANCELLED"},
                    reason=why,
                ),
            },
        )
        if taken:
            backend.relay.tell(event_id, queue.BELL)
            return Saved(event_id)
    raise ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )
