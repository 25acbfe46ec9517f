"""Following one action: how many take part, which milestones were reached, how it stands."""

from typing import Annotated, Any

import strawberry

from hub.actions.loaders import action_by_id, milestone_by_id
from hub.actions.notices import ACTION_TALLIED, MILESTONE_REACHED
from hub.graph.actions.kinds import ActionState
from hub.graph.actions.types import Milestone
from hub.graph.context import Context
from hub.graph.ids import row_id
from hub.graph.live import LOST, Stream, live
from hub.graph.scalars import LiveCursor
from hub.graph.subjects.audience import audience_of
from hub.graph.subjects.changes import CaughtUp, Change, Heartbeat, ReconnectAdvice, Resync, mark
from hub.graph.values import Count
from hub.live import feed
from hub.refusals import ErrorCode, Refusal

ActionId = Annotated[strawberry.ID, strawberry.argument(description="The action.")]
AfterArgument = Annotated[
    LiveCursor | None,
    strawberry.argument(description="Replay everything after this position first; null: only what comes."),
]


@strawberry.type(description="A batch was counted, a milestone reached, or the action stands otherwise than before.")
class ActionTallied(Change):
    tally: Count = strawberry.field(description="How many took part by then.")
    pledged: int | None = strawberry.field(
        description="The sum that is promised as of now, as `pledge.sum` shows it; null for other kinds."
    )
    milestone: Milestone | None = strawberry.field(description="What was reached; each comes once, else null.")
    state: ActionState = strawberry.field(description="How the action stands now.")


ActionChange = Annotated[
    ActionTallied | Resync | CaughtUp | Heartbeat | ReconnectAdvice,
    strawberry.union("ActionChange", description="What an action's stream tells."),
]


def _arguments(action_id: ActionId, after: AfterArgument = None) -> ActionChange: ...  # pyright: ignore[reportReturnType] - only its signature is used


async def _open(context: Context, action_id: str) -> Stream:
    key = row_id(action_id, "Action", "actionId")
    action = await context.reader.one(action_by_id, key)
    audience, post = await audience_of(context, action["post_id"]) if action is not None else (context.viewer, None)
    if post is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such action, or you may not see it: check the id.", "actionId")
    return Stream(stream_id=key, viewer=audience, show=_to_change)


async def _to_change(context: Context, item: feed.Item) -> Any:
    """The change to show; LOST where this audience may see nothing of the action any more."""
    cursor = LiveCursor(str(item.cursor))
    match item:
        case feed.Told():
            return await _told(context, item, cursor)
        case feed.Burst() | feed.Tallied() | feed.AccessChanged():  # not wished for on this stream
            return None
        case _:
            return mark(item, cursor)


async def _told(context: Context, item: feed.Told, cursor: LiveCursor) -> Any:
    action: Any = await context.reader.one(action_by_id, item.cursor.stream_id)
    if action is None:
        return LOST
    tally: Any = {name: action[f"tally_{name}"] for name in ("value", "precision", "as_of")}
    milestone: Any = None
    match item.notice.kind:
        case kind if kind == ACTION_TALLIED:
            tally |= {"value": item.notice.ref_id, "as_of": item.at}
        case kind if kind == MILESTONE_REACHED:
            milestone = await context.reader.one(milestone_by_id, item.notice.ref_id)
        case _:
            pass
    return ActionTallied(
        cursor=cursor,
        at=item.at,
        tally=tally,
        pledged=action["pledged"] if action["pledge_unit"] else None,
        milestone=milestone,
        state=action["state"],
    )


@strawberry.type
class ActionSubscriptions:
    action_stream: ActionChange = live(
        _open,
        arguments=_arguments,
        description="How many take part in one action, at most once a `HUB_TALLY_INTERVAL`, its milestones and its"
        " state: what was missed after the cursor (`liveCursor` of the action), `CaughtUp`, then what comes. No login"
        " needed below public posts. `Heartbeat` and `ReconnectAdvice` come only to those who select them.",
    )
