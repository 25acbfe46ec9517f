"""Small reads that many ask at the same time: while one is under way, the others with the same text wait and go
together, as one statement.

A round trip costs a process and the database more than a row by its key. Who asks alone waits for nobody, and what
waits is asked after it came, so each sees what was committed before. A statement that fails for all is tried for each.

    select asked.asked_place, found.* from jsonb_to_recordset($1) as asked(asked_place integer, p1 bigint, …)
    cross join lateral (… where t.id = asked.p1) found
"""

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.refusals import ThrottleRefusal
from hub.store.connections import Connections, Reaching
from hub.store.sql import to_json

_MOST = 50
"""Asked by one statement; who finds so many waiting goes alone."""
_TEXTS = 500
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\$(\d+)")
_PLAIN = re.compile(r"(?:int[248]|float8|bool|text|varchar|timestamptz)(?:\[\])?")

Values = Sequence[Any]
Record = dict[str, Any]
_Asked = tuple[Values, "asyncio.Future[list[Record]]"]


@dataclass
class _Lane:
    """Who waits for one text. `gathered` is that of many at once; empty where a parameter is of a kind that cannot."""

    waiting: deque[_Asked] = field(default_factory=deque[_Asked])
    busy: bool = False
    gathered: str | None = None


class Gathering:
    """Reads of PostgreSQL."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._lanes: dict[str, _Lane] = {}
        self._runners: set[asyncio.Task[None]] = set()

    async def fetch(self, text: str, values: Values) -> list[Record]:
        lane = self._lane(text)
        if lane.gathered == "" or len(lane.waiting) >= _MOST:
            return await self._alone(text, values)
        if lane.busy:
            future: asyncio.Future[list[Record]] = asyncio.get_running_loop().create_future()
            lane.waiting.append((values, future))
            return await future
        lane.busy = True
        try:
            return await self._alone(text, values)
        finally:
            self._next(text, lane)

    def _lane(self, text: str) -> _Lane:
        lane = self._lanes.get(text)
        if lane is None:
            if len(self._lanes) >= _TEXTS:
                self._lanes = {known: each for known, each in self._lanes.items() if each.busy}
            lane = self._lanes[text] = _Lane()
        return lane

    def _next(self, text: str, lane: _Lane) -> None:
        taken = [one for one in lane.waiting if not one[1].done()]
        lane.waiting.clear()
        lane.busy = bool(taken)
        if taken:
            runner = asyncio.ensure_future(self._serve(text, lane, taken))
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)

    async def _serve(self, text: str, lane: _Lane, taken: list[_Asked]) -> None:
        try:
            await self._settle(text, lane, taken)
        except BaseException as error:
            for _, future in taken:
                fail(future, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._next(text, lane)

    async def _settle(self, text: str, lane: _Lane, taken: list[_Asked]) -> None:
        try:
            answers = await self._together(text, lane, [values for values, _ in taken])
        except ThrottleRefusal:
            raise  # too busy for all of them is too busy for each
        except Exception:
            await asyncio.gather(*(self._settle_alone(text, one) for one in taken))
            return
        for (_, future), rows in zip(taken, answers, strict=True):
            if not future.done():
                future.set_result(rows)

    async def _settle_alone(self, text: str, asked: _Asked) -> None:
        values, future = asked
        try:
            rows = await self._alone(text, values)
        except Exception as error:
            fail(future, error)
        else:
            if not future.done():
                future.set_result(rows)

    async def _alone(self, text: str, values: Values) -> list[Record]:
        async with self._connections.lend() as connection:
            with Reaching(connection):
                return [dict(row) for row in await connection.fetch(text, *values)]

    async def _together(self, text: str, lane: _Lane, asked: list[Values]) -> list[list[Record]]:
        async with self._connections.lend() as connection:
            with Reaching(connection):
                if lane.gathered is None:
                    lane.gathered = _gathered(text, (await connection.prepare(text)).get_parameters())
                if not lane.gathered:
                    return [[dict(row) for row in await connection.fetch(text, *values)] for values in asked]
                given = [{"asked_place": place, **_named(values)} for place, values in enumerate(asked)]
                rows = await connection.fetch(lane.gathered, to_json(given))
        found: dict[int, list[Record]] = defaultdict(list)
        for row in map(dict, rows):
            found[row.pop("asked_place")].append(row)
        return [found[place] for place in range(len(asked))]


def _named(values: Values) -> dict[str, Any]:
    return {f"p{number}": value for number, value in enumerate(values, 1)}


def _gathered(text: str, parameters: Sequence[Any]) -> str:
    types = [parameter.name for parameter in parameters]
    if not all(_PLAIN.fullmatch(name) for name in types):
        return ""
    columns = ", ".join(["asked_place integer", *(f"p{number} {name}" for number, name in enumerate(types, 1))])
    one = _PARAMETER.sub(lambda match: f"asked.p{match[1]}" if match[1] else match[0], text)
    return f"""select asked.asked_place, found.* from jsonb_to_recordset(cast($1 as jsonb)) as asked({columns})
        cross join lateral ({one}) found"""


def fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # seen here, so that a caller who went away leaves no warning
