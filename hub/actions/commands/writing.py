"""Participations of one action that wait at the same time are written together; one that cannot be fails alone."""

from functools import partial
from typing import Any

from hub.actions.commands.asks import ASKS
from hub.actions.commands.drafting import ITEMS, Draft
from hub.actions.commands.outreach import REACHED, REACHING
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.store import idempotency
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.users.happenings import INVOLVED, Involved

_TOGETHER = 200
"""People in one job."""

_INSERT = """insert into participations (id, action_id, user_id, person, mail_print, domain_print, net_print,
           display_name, public_note, region, status, receipt, referral, referral_url, referrer_id, app_id,
           amount, shift_id, answers, sealed, story_source, story_html, story_excerpt, review, consent_version, at)
       select items.id, a.id, items.user_id, items.person, items.mail_print, items.domain_print,
           items.net_print, items.display_name, items.public_note, items.region, items.status, items.receipt,
           items.referral, items.referral_url,
           case when items.referrer is not null then (select u.id from users u
               where u.handle_key = items.referrer and u.id <> coalesce(items.user_id, 0)) end,
           items.app_id, items.amount, items.shift_id, items.answers, items.sealed, items.story_source,
           items.story_html, items.story_excerpt, items.review, a.consent_version, {now}
       from {source} join asks a on a.version = items.version where true
       on conflict do nothing
       returning id, shift_id"""
_REMEMBERED = Step(
    "remembered",
    """insert into idempotency (id, scope, key, digest, ref_id, at)
       select key_id, scope, key, digest, ref_id, {now} from keys where ref_id in (select id from taken)
       returning ref_id""",
)
_RECORDS = {"items": ITEMS, "keys": idempotency.KEY_RECORDS, "work": WORK}

# Only adds rows, and holds none that others write too.
_TAKE_PART = Chain(
    (ASKS, Step("taken", _INSERT.replace("{source}", "items")), _REMEMBERED, queue.ENQUEUE),
    answer="taken",
    records=_RECORDS,
)
_TURN_TO = Chain((*_TAKE_PART.steps, REACHED), answer="taken", records={**_RECORDS, "reaching": REACHING})
# Holds the shifts first, and takes in so many as they have places. One who takes part already may use up a place of
# the batch; whoever is left out for that is tried again.
_TAKE_PLACES = Chain(
    (
        ASKS,
        Step(
            "held",
            """select id, places - booked as room from action_shifts where exists (select 1 from asks)
               and id in (select shift_id from items) order by id {for_update}""",
        ),
        Step(
            "taken",
            _INSERT.replace(
                "{source}",
                """(select lined_up.*, row_number() over (partition by shift_id order by id) as place
                   from items lined_up) items join held on held.id = items.shift_id and items.place <= held.room""",
            ),
        ),
        Step(
            "filled",
            """update action_shifts set booked = booked + come.number
               from (select shift_id, count(*) as number from taken group by shift_id) come
               where action_shifts.id = come.shift_id returning action_shifts.id""",
        ),
        _REMEMBERED,
        queue.ENQUEUE,
    ),
    answer="taken",
    records=_RECORDS,
)


async def put(backend: Backend, action_id: int, draft: Draft) -> bool:
    """Whether it was taken: not of a person who takes part already, nor when the action was changed
    meanwhile or the shift is full."""
    chosen = backend.settings
    name, chain = _way_of(draft)
    lanes = backend.lanes(
        name,
        partial(_write, backend, chain),
        batch=chosen.participation_batch,
        queue=chosen.participation_queue,
    )
    try:
        return await lanes.put(action_id, draft)
    except UniqueViolation:  # the key was used meanwhile, or for another action
        return False


def _way_of(draft: Draft) -> tuple[str, Chain]:
    if draft.item["shift_id"] is not None:
        return "places", _TAKE_PLACES
    return ("outreach", _TURN_TO) if draft.reaching else ("participations", _TAKE_PART)


def involved(post_id: int, *people: int | None) -> list[dict[str, Any]]:
    """The jobs that make people with accounts follow the post in which they take part, or no longer. No bell: nobody
    waits for it."""
    known = [person for person in people if person is not None]
    groups = [known[start : start + _TOGETHER] for start in range(0, len(known), _TOGETHER)]
    return [INVOLVED.job(Involved("PARTICIPATED", "POST", post_id, group)) for group in groups]


async def _write(backend: Backend, chain: Chain, action_id: int, drafts: list[Draft]) -> list[bool]:
    """Which of them were taken: none of a person who takes part already, and of each person one."""
    taken = await chain.run(
        backend.database,
        {
            "action": action_id,
            "items": [draft.item for draft in drafts],
            "keys": [draft.key for draft in drafts],
            "reaching": [one for draft in drafts for one in draft.reaching],
            "work": involved(drafts[0].post_id, *(draft.item["user_id"] for draft in drafts)),
        },
    )
    ids = {row["id"] for row in taken}
    return [draft.item["id"] in ids for draft in drafts]
