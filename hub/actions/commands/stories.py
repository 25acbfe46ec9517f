"""Stories that people share: each waits until the policy team has read it, and is told to its author then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.actions.loaders import action_by_id
from hub.actions.rules import ensure_may_ask
from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.jobs import queue
from hub.jobs.kinds import WORK
from hub.live.backend import Backend
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Transaction
from hub.store.ids import new_id
from hub.store.tables import Row
from hub.text.markdown import Text, render_aside
from hub.text.plain import ensure_text
from hub.users.happenings import HAPPENED, Happened

_MOST, _LENGTH = 100, 10_000
_ACTS = {"APPROVED": "stories.approved", "DECLINED": "stories.declined"}

_HELD = """select id, user_id, status = 'COUNTED' and review <> {as_text verdict}
        and ({as_instant as_of} is null or at <= {as_instant as_of}) as open
    from participations where action_id = {as_id action} and id {in ids} and review is not null
    order by id {for_update}"""
_DECIDE = Chain(
    (
        Step(
            "taken",
            "update participations set review = {as_text verdict} where id {in ids} returning id",
        ),
        RECORD,
        queue.ENQUEUE,
    ),
    answer="taken",
    records={"entries": ENTRIES, "work": WORK},
)


async def story_of(action: Row, story: str | None) -> Text | None:
    """None for actions of other kinds."""
    if action["kind"] != "SHARE_STORY":
        if story is not None:
            raise Refusal(ErrorCode.INVALID, "No story is asked for here: leave it out.", "story")
        return None
    if story is None:
        raise Refusal(ErrorCode.REQUIRED, "A story is asked for here: tell yours.", "story")
    return await render_aside(ensure_text(story, "story", least=1, most=_LENGTH))


@dataclass(frozen=True, kw_only=True)
class Review:
    """What the team decides about some stories. Those told after `as_of` are not the ones that it has read."""

    ids: Sequence[int]
    verdict: str
    as_of: datetime | None = None
    reason: str | None = None


async def review_stories(backend: Backend, viewer: Viewer, *, action_id: int, review: Review) -> int:
    """Decide, also otherwise than before; gives of how many it was decided now. What does not count stays as it is."""
    ensure_may_ask(viewer)
    why = ensure_reason(review.reason)
    if not 0 < len(review.ids) <= _MOST:
        raise FieldRefusal(ErrorCode.INVALID, f"Give 1 to {_MOST}.", "participationIds", least=1, most=_MOST)
    action = await action_by_id.row(backend.database, viewer, action_id)
    if action is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    given = {"action": action_id, "verdict": review.verdict, "as_of": review.as_of}

    async def work(transaction: Transaction) -> int:
        stories = await transaction.fetch(_HELD, {**given, "ids": list(review.ids)})
        if len(stories) < len(set(review.ids)):
            raise Refusal(
                ErrorCode.NOT_FOUND,
                "Not all of them are stories of this action: look which ones are.",
                "participationIds",
            )
        decided = [story for story in stories if story["open"]]
        told = {"actionId": str(action_id), "participationIds": [str(story["id"]) for story in decided]}
        entries = entry(viewer, _ACTS[review.verdict], ("Post", action["post_id"]), after=told, reason=why)
        jobs = [_decision(action["post_id"], story["user_id"]) for story in decided if story["user_id"] is not None]
        ids = [story["id"] for story in decided]
        return len(await _DECIDE.run_in(transaction, {**given, "ids": ids, "entries": entries, "work": jobs}))

    count = await backend.database.transact(work)
    backend.relay.tell(queue.BELL)
    return count


def _decision(post_id: int, user_id: int) -> dict[str, Any]:
    return HAPPENED.job(Happened("MODERATION_DECISION", "POST", post_id, None, new_id(), user_id))
