from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.audit.loaders import entries_newest
from hub.graph.audit.types import AuditLogEntry
from hub.graph.connections import Connection
from hub.graph.directives import ApiScope
from hub.graph.fields import connection
from hub.graph.ids import from_global, row_id
from hub.graph.paging import After, First, filters
from hub.graph.windows import TimeWindow, window_filters
from hub.store.loaders import Loader

_FIRST = 50
_TARGETS = ("User", "PartnerApp", "Club", "Thread", "Post", "Event", "Comment")

ActorId = Annotated[strawberry.ID | None, strawberry.argument(description="Only what this person did.")]
TargetId = Annotated[strawberry.ID | None, strawberry.argument(description="Only what was done to this.")]
Action = Annotated[str | None, strawberry.argument(description="Only acts of this name.")]
Done = Annotated[TimeWindow | None, strawberry.argument(description="Only what was done in this span.")]


def _arguments(
    first: First = _FIRST,
    after: After = None,
    actor_id: ActorId = None,
    target_id: TargetId = None,
    action: Action = None,
    window: Done = None,
) -> Any: ...


def _pick(arguments: Mapping[str, Any]) -> tuple[Loader, Mapping[str, Any]]:
    actor, target = arguments.get("actor_id"), arguments.get("target_id")
    kind, key = from_global(target, *_TARGETS, argument="targetId") if target else (None, None)
    return entries_newest, filters(
        actor_id=row_id(actor, "User", "actorId") if actor else None,
        target_kind=kind,
        target_id=key,
        action=arguments.get("action"),
        **window_filters(arguments.get("window")),
    )


@strawberry.type
class AuditQueries:
    audit_log: Connection[AuditLogEntry] = connection(
        _pick,
        None,
        arguments=_arguments,
        loaders=[entries_newest],
        scope=ApiScope.ADMIN,
        description="What staff did, and changes of roles, apps and tokens; newest first. Empty for all but admins.",
    )
