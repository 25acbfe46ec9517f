"""Wide answers are completed in pieces: an execution that held the event loop for so long goes on in its next turns.

A plan's answer comes whole out of the database. What has no plan is completed here object by object, and all that one
statement brought would be completed in one turn. It takes ten times as long as a plan, so there is a bound to it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from time import thread_time
from typing import Any

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from hub.refusals import ErrorCode, Refusal

_MOST = 0.015
"""Seconds of CPU in one turn of the loop, of all executions together."""


class Pace:
    def __init__(self, most: float = _MOST) -> None:
        self._most = most
        self._begun = 0.0
        self._counting = False
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[], Any], Context]] = deque()

    def is_over(self) -> bool:
        """Whether this turn of the loop was long enough."""
        if not self._counting:
            self._counting = True
            self._begun = thread_time()
            asyncio.get_running_loop().call_soon(self._go_on)
        return thread_time() - self._begun > self._most

    async def later(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, called in a later turn: in the order of asking, and in the context of who asks."""
        called: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((called, work, copy_context()))
        self.is_over()  # the turn that was too long may be over: count, and so be called, in this one
        return await called

    def _go_on(self) -> None:
        self._counting = False
        over = not self._waiting
        while not over:
            over = self.is_over()  # asked before, so that each turn does one at least
            called, work, context = self._waiting.popleft()
            if not called.done():
                self._settle(called, partial(context.run, work))
            over = over or not self._waiting

    @staticmethod
    def _settle(called: asyncio.Future[Any], work: Callable[[], Any]) -> None:
        try:
            called.set_result(work())
        except Exception as error:
            called.set_exception(error)


class TooWide(Refusal):
    def __init__(self, most: int) -> None:
        message = (
            f"No plan answers this operation, and executed it has more than {most} objects and fields: ask for fewer"
            " rows, or in several requests."
        )
        super().__init__(ErrorCode.QUERY_TOO_COSTLY, message)


class PacedExecutor(StrawberryGraphQLCoreExecutionContext):
    """Its context value has a `pace`, and says how many values there may be and what ends it beyond."""

    _values = 0

    def execute_fields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        self._values += 1 + len(grouped_field_set)
        if self._values > self.context_value.most_values:
            self.context_value.give_up()
            raise TooWide(self.context_value.most_values)
        above: Any = super()
        return above.execute_fields(parent_type, source_value, path, grouped_field_set, position_context)

    def complete_object_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        above: Any = super()
        pace: Pace = self.context_value.pace
        given = return_type, field_details_list, info, path, result, position_context
        work = partial(above.complete_object_value, *given)
        if not pace.is_over():
            return work()
        waits: Any = above.is_awaitable

        async def later() -> Any:
            found = await pace.later(work)
            return await found if waits(found) else found

        return later()
