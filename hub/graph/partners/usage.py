"""How much an app may ask for, and what it used."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import strawberry

from hub.graph.context import Context
from hub.graph.fields import setting
from hub.graph.windows import TimeWindow
from hub.limits.usage import DEPRECATED
from hub.partners.rules import may_see_usage
from hub.store.tables import Row

_MOST = 2**31 - 1
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@strawberry.type(description="What an app may ask for, for all whom it serves. The same for all apps.")
class AppLimits:
    cost_per_minute: int = setting(
        "app_cost_per_minute", description="Cost that it may spend in a minute, and save up to as much."
    )
    live_connections: int = setting(
        "sockets_per_viewer", description="Sockets and event streams at the same time, of itself and of each member."
    )
    subscriptions_per_connection: int = setting(
        "socket_operations", description="Operations at the same time on one socket."
    )


@strawberry.type(description="A deprecated field that an app asks for.")
class DeprecatedUse:
    field: str = strawberry.field(description="Its type and name, e.g. `Post.tags`.")
    uses: int = strawberry.field(description="Requests that asked for it, at most 2,147,483,647.")


@strawberry.type(description="What an app used, for itself and for members. Counts are at most 2,147,483,647.")
class AppUsage:
    cost: float = strawberry.field(
        description="Cost that was charged and not given back; a whole number, which may be larger than an `Int`."
    )
    requests: int = strawberry.field(description="Operations that it asked for, those throttled too.")
    throttled: int = strawberry.field(description="Operations refused because the budget was spent.")
    errors: int = strawberry.field(description="Errors in answers, those of throttled operations left out.")
    deprecated_fields: list[DeprecatedUse] = strawberry.field(
        description="Deprecated fields it asked for, the most used ones first, at most 100."
    )


_FIELDS_SHOWN = 100


async def usage_of(app: Row, context: Context, window: TimeWindow) -> AppUsage | None:
    if not may_see_usage(context.viewer, app):
        return None
    since, until = window.from_ or _BEGINNING, window.to or context.now + timedelta(hours=1)
    used = await context.backend.usage.of(app["id"], since, until)
    counts = {what: min(used.get(what, 0), _MOST) for what in ("requests", "throttled", "errors")}
    return AppUsage(cost=float(used.get("cost", 0)), deprecated_fields=_deprecated(used), **counts)


def _deprecated(used: Mapping[str, int]) -> list[Any]:
    found = sorted((-uses, what) for what, uses in used.items() if what.startswith(DEPRECATED))
    return [
        DeprecatedUse(field=what.removeprefix(DEPRECATED), uses=min(-uses, _MOST))
        for uses, what in found[:_FIELDS_SHOWN]
    ]
