"""What a mutation shows of the row that it wrote: planned at the row's id, like a query.

The command itself runs in its resolver. Where there is no plan, or it misses, the selection is executed.
"""

from typing import Any

import orjson
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.graph.subjects.queries import BY_NOUN
from hub.store.tables import Row

_PAYLOAD_FIELD = 2


class PayloadExecutor(StrawberryGraphQLCoreExecutionContext):
    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        above: Any = super()
        execute: Any = above.complete_object_value
        waits: Any = above.is_awaitable
        context = info.context
        planned = isinstance(result, Row) and context.planner is not None and result.noun in BY_NOUN
        if not planned or len(path.as_list()) != _PAYLOAD_FIELD:
            return execute(return_type, field_details_list, info, path, result, position_context)

        async def plan() -> Any:
            nodes = [details.node for details in field_details_list]
            text = await context.planner.under(
                context.operation,
                nodes,
                context.values,
                BY_NOUN[result.noun],
                result["id"],
                context.viewer,
                context.backend.database,
                context.now,
            )
            if text is not None:
                return orjson.Fragment(text)
            found: Any = execute(return_type, field_details_list, info, path, result, position_context)
            return await found if waits(found) else found

        return plan()
