"""A post's way from draft to archive. Each step is one write, which says what it judged and tells what it showed.

A scheduled post is shown by the timer's write and not by the clock: what is public has been told, and a stream that
tells of it cannot be read before. An end, which only takes away, holds by the clock.
"""

from typing import Any

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.jobs.handlers import Again, Job
from hub.jobs.kinds import WORK
from hub.jobs.queue import BELL, ENQUEUE
from hub.live import log
from hub.live.backend import Backend
from hub.posts.commands.found import TRIES, Saved, busy, found_post
from hub.posts.commands.writing import timers
from hub.posts.loaders import post_by_id
from hub.posts.notices import POST_PUBLISHED, PostDue
from hub.posts.rules import UNSEEN, ensure_move, ensure_policy_team
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.tables import Row
from hub.subjects.notices import STATE_CHANGED
from hub.users.happenings import HAPPENED, INVOLVED, Happened, Involved

_CLOCK = Viewer(standing=Standing.ADMIN, request_id="timer")
"""Who acts when a time comes: nobody, with all rights."""

_MOVE = Chain(
    (
        Step(
            "held",
            """update subjects set state = state + 1,
                   visibility = case when {as_bool public} then :visibility else visibility end,
                   last_activity_at = case when {as_bool public} then {now} else last_activity_at end,
                   closes_at = case
                       when {as_bool reopening} then null
                       when {as_bool closing} and (closes_at is null or closes_at > {now}) then {now}
                       else closes_at end,
                   frozen_at = case when {as_bool freezing} then {now} else frozen_at end
               where id = {as_id stream} and state = {as_int state} returning id""",
        ),
        Step(
            "taken",
            """update posts set status = :to, version = version + 1,
                   published_at = case when {as_bool public} then {now} else published_at end,
                   listed_at = case when {as_bool public} then {now} else listed_at end,
                   prominence = case when {as_bool ending} then 0 else prominence end,
                   pinned = pinned and not {as_bool ending}
               where id in (select id from held) returning id, listed_at""",
        ),
        Step(
            "addressed",
            """update post_clubs set listed_at = (select listed_at from taken)
               where {as_bool public} and post_id in (select id from taken) returning id""",
        ),
        # What stands there now has no difference to show: what it differs from is the team's.
        Step(
            "revealed",
            """update post_revisions set shown = {as_bool public}, diff = null
               where {as_bool public} and id in (
                   select r.id from post_revisions r where r.post_id in (select id from taken)
                   order by r.version desc limit 1) returning id""",
        ),
        *log.TELL,
        ENQUEUE,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES, "work": WORK},
)


async def publish_post(backend: Backend, viewer: Viewer, *, post_id: int) -> Saved:
    """Show a draft to those it is meant for, at its time if that lies ahead. What was shown or scheduled before stays
    as it is."""
    ensure_policy_team(viewer)
    for _ in range(TRIES):
        post = await found_post(backend, viewer, post_id)
        if post["status"] not in UNSEEN or (post["status"] == "SCHEDULED" and not post["is_due"]):
            return Saved(post_id, replayed=True)
        if await _move(backend, viewer, post, "SCHEDULED" if post["is_ahead"] else "PUBLISHED"):
            return Saved(post_id)
    raise busy()


async def move_post(backend: Backend, viewer: Viewer, *, post_id: int, to: str) -> Saved:
    """Take a post to another stage; one that is there already stays as it is."""
    ensure_policy_team(viewer)
    for _ in range(TRIES):
        post = await found_post(backend, viewer, post_id)
        if post["stage"] == to:
            return Saved(post_id, replayed=True)
        ensure_move(post, to)
        if await _move(backend, viewer, post, to):
            return Saved(post_id)
    raise busy()


class Timer:
    """Does what a post's times ask for, once they have come by the database's clock. A time that was set anew or
    cancelled meanwhile asks for nothing; the new one has a job of its own."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def __call__(self, due: PostDue, _job: Job) -> Again | None:
        for _ in range(TRIES):
            post = await post_by_id.row(self._backend.database, _CLOCK, due.post_id)
            to = _next(post) if post is not None else None
            if post is None or to is None or await _move(self._backend, _CLOCK, post, to):
                return None
        raise busy()


def _next(post: Row) -> str | None:
    if post["is_due"]:
        return "PUBLISHED"
    return "CLOSED" if post["is_over"] else None


async def _move(backend: Backend, viewer: Viewer, post: Row, to: str) -> bool:
    """False when the post was no longer as it was judged."""
    if not await _MOVE.run(backend.database, _moving(viewer, post, to)):
        return False
    backend.relay.tell(post["id"])
    backend.relay.tell(BELL)
    return True


def _moving(viewer: Viewer, post: Row, to: str) -> dict[str, Any]:
    public = to == "PUBLISHED" and post["status"] in UNSEEN
    ending = to in {"CLOSED", "ARCHIVED"}
    told = [] if to in UNSEEN else log.facts(POST_PUBLISHED if public else STATE_CHANGED, post["id"])
    work = timers(post["id"], to, post) if to == "SCHEDULED" or public else []
    if public:
        work += _told_of(post)
    return {
        "stream": post["id"],
        "state": post["state"],
        "to": to,
        "visibility": post["intended_visibility"],
        "public": public,
        "reopening": to == "PUBLISHED" and not public,
        "closing": ending,
        "freezing": to == "ARCHIVED",
        "ending": ending,
        "facts": told,
        "work": work,
        "entries": entry(
            viewer,
            "post.published" if public else "post.moved",
            ("Post", post["id"]),
            club_id=post["club_id"],
            before={"status": post["status"]},
            after={"status": to, "visibility": post["intended_visibility"]} if public else {"status": to},
        ),
    }


def _told_of(post: Row) -> list[dict[str, Any]]:
    """Its authors follow it; who follows them, a club it addresses, or the thread it continues hears of it."""
    kinds = ["POST_PUBLISHED"] if post["continues_id"] is None else ["POST_PUBLISHED", "SUCCESSOR_OPENED"]
    facts = (Happened(kind, "POST", post["id"], post["author_id"], post["id"]) for kind in kinds)
    return [INVOLVED.job(Involved("AUTHORED", "POST", post["id"])), *map(HAPPENED.job, facts)]
