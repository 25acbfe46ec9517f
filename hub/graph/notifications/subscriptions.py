from typing import Annotated

import strawberry

from hub.graph.context import Context
from hub.graph.directives import ApiScope
from hub.graph.live import Stream, live
from hub.graph.notifications.changes import ViewerChange, to_change
from hub.graph.scalars import LiveCursor
from hub.users.personal import cursor_of
from hub.users.rules import ensure_signed_in

AfterArgument = Annotated[
    LiveCursor | None,
    strawberry.argument(description="Replay everything after this position first; null: only what comes."),
]


def _arguments(after: AfterArgument = None) -> ViewerChange: ...  # pyright: ignore[reportReturnType] - only its signature is used


async def _open(context: Context) -> Stream:
    cursor = await cursor_of(context.backend.database, ensure_signed_in(context.viewer))
    return Stream(stream_id=cursor.stream_id, viewer=context.viewer, show=to_change, tells_access=True)


@strawberry.type
class NotificationSubscriptions:
    viewer_stream: ViewerChange = live(
        _open,
        arguments=_arguments,
        scope=ApiScope.USER_READ_PRIVATE,
        description="All that is personal, in one stream: the inbox, memberships, answers for events, access. What was"
        " missed after the cursor (`viewer { liveCursor }`), `CaughtUp`, then what comes; in order, each change as it"
        " is now. For who is signed in. `Heartbeat` and `ReconnectAdvice` come only to those who select them.",
    )
