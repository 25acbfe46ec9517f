from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.graph.paging import filters


@strawberry.input(description="A span of time; an open end has no limit.")
class TimeWindow:
    from_: datetime | None = strawberry.field(name="from", default=None, description="From this instant on.")
    to: datetime | None = strawberry.field(default=None, description="Before this instant.")


Window = Annotated[TimeWindow | None, strawberry.argument(description="Only what starts in this span.")]


def window_filters(window: TimeWindow | None) -> dict[str, Any]:
    return filters(since=window.from_, until=window.to) if window else {}
