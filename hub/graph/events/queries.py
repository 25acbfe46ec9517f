from typing import Annotated, Any

import strawberry

from hub.events.loaders import event_by_id, event_by_slug, events_by_start
from hub.graph.connections import Connection
from hub.graph.events.types import Event
from hub.graph.fields import connection, lookup
from hub.graph.ids import row_id
from hub.graph.lookups import by_id_or_slug, id_or_slug
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.windows import TimeWindow, window_filters


@strawberry.input(description="Which events; all that are given must hold.")
class EventFilter:
    window: TimeWindow | None = strawberry.field(default=None, description="Only what starts in this span.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="Only of this club.")


Filter = Annotated[EventFilter | None, strawberry.argument(description="Which events; null for all.")]


def _arguments(first: First = DEFAULT, after: After = None, filter: Filter = None) -> Any: ...


def _pick(arguments: Any) -> Any:
    wanted: EventFilter = arguments.get("filter") or EventFilter()
    club = row_id(wanted.club_id, "Club", "clubId") if wanted.club_id is not None else None
    return events_by_start, {**window_filters(wanted.window), **filters(club_id=club)}


@strawberry.type
class EventQueries:
    events: Connection[Event] = connection(
        _pick,
        None,
        arguments=_arguments,
        loaders=[events_by_start],
        description="Events by start, past ones included unless a window is given.",
    )

    event: Event | None = lookup(
        by_id_or_slug("Event", event_by_id, event_by_slug),
        [event_by_id, event_by_slug],
        arguments=id_or_slug,
        description="An event by id or slug; null when it is absent or hidden.",
    )
