"""What a mutation shows of the row that it wrote, and a change of the row that it tells of: planned at the row's id.

The command itself runs in its resolver. Where there is no plan, or it misses, the selection is executed.
"""

from typing import Any

import orjson

from hub.graph.pacing import PacedExecutor
from hub.graph.payloads import Reference
from hub.graph.subjects.queries import BY_NOUN
from hub.store.tables import Row

_PAYLOAD_FIELD = 2


class PayloadExecutor(PacedExecutor):
    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        above: Any = super()
        execute: Any = above.complete_object_value
        waits: Any = above.is_awaitable
        context = info.context
        reference = written(result) if len(path.as_list()) == _PAYLOAD_FIELD else None
        if reference is None:
            return execute(return_type, field_details_list, info, path, result, position_context)

        async def show() -> Any:
            if context.planner is not None:
                text = await context.planner.under(
                    context.operation,
                    [details.node for details in field_details_list],
                    context.values,
                    reference.loader,
                    reference.id,
                    context.viewer,
                    context.backend.database,
                    context.now,
                )
                if text is not None:
                    return orjson.Fragment(text)
            row = await context.reader.one(reference.loader, reference.id) if result is reference else result
            if row is None:
                return None
            found: Any = execute(return_type, field_details_list, info, path, row, position_context)
            return await found if waits(found) else found

        return show()


def written(result: Any) -> Reference | None:
    """The row that a payload or a change shows, where it can be planned."""
    if isinstance(result, Reference):
        return result
    if isinstance(result, Row) and result.noun in BY_NOUN:
        return Reference(BY_NOUN[result.noun], result["id"])
    return None
