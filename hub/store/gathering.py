"""Small reads that many ask at the same time: those with the same text, in one turn of the loop or while one of them is
under way, go together.

A round trip costs a process and the database more than a row by its key, and the way to SQLite's thread and back more
than SQLite itself. Who asks alone waits for nobody, and what waits is asked after it came, so each sees what was
committed before. PostgreSQL gets one statement; one that fails for all is tried for each. SQLite's thread gets all
statements at once and goes through them without waiting for the loop.

    select asked.asked_place, found.* from jsonb_to_recordset($1) as asked(asked_place integer, p1 bigint, …)
    cross join lateral (select * from (… where t.id = asked.p1) one offset 0) found
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any

from hub.refusals import ThrottleRefusal
from hub.store.company import Company
from hub.store.connections import Connections, Reaching
from hub.store.sql import to_json

_MOST = 50
"""Asked together; who finds so many waiting goes alone."""
_TEXTS = 500
_PARAMETER = re.compile(r"'(?:[^']|'')*'|\$(\d+)")
_PLAIN = re.compile(r"(?:int[248]|float8|bool|text|varchar|timestamptz)(?:\[\])?")

Values = Sequence[Any]
Record = dict[str, Any]


class Gathering(ABC):
    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._company: Company[Values, list[Record]] = Company()

    async def fetch(self, text: str, values: Values) -> list[Record]:
        if self._company.waiting(text) >= _MOST:
            return await self._alone(text, values)
        return await self._company.go(text, values, partial(self._alone, text, values), partial(self._all, text))

    @abstractmethod
    async def _alone(self, text: str, values: Values) -> list[Record]: ...

    @abstractmethod
    async def _all(self, text: str, asked: list[Values]) -> list[list[Record] | Exception]: ...


class SqliteGathering(Gathering):
    async def _alone(self, text: str, values: Values) -> list[Record]:
        async with self._connections.lend() as connection:
            return await _from_sqlite(connection, text, values)

    async def _all(self, text: str, asked: list[Values]) -> list[list[Record] | Exception]:
        async with self._connections.lend() as connection:
            return await asyncio.gather(*(_or_error(_from_sqlite(connection, text, values)) for values in asked))


class PostgresGathering(Gathering):
    def __init__(self, connections: Connections) -> None:
        super().__init__(connections)
        # That of many at once, by the text of one; empty where a parameter is of a kind that cannot.
        self._gathered: dict[str, str] = {}

    async def fetch(self, text: str, values: Values) -> list[Record]:
        return await (self._alone if self._gathered.get(text) == "" else super().fetch)(text, values)

    async def _alone(self, text: str, values: Values) -> list[Record]:
        async with self._connections.lend() as connection:
            with Reaching(connection):
                return [dict(row) for row in await connection.fetch(text, *values)]

    async def _all(self, text: str, asked: list[Values]) -> list[list[Record] | Exception]:
        try:
            return [*await self._together(text, asked)]
        except ThrottleRefusal:
            raise  # too busy for all of them is too busy for each
        except Exception:
            return await asyncio.gather(*(_or_error(self._alone(text, values)) for values in asked))

    async def _together(self, text: str, asked: list[Values]) -> list[list[Record]]:
        async with self._connections.lend() as connection:
            with Reaching(connection):
                gathered = self._gathered.get(text)
                if gathered is None:
                    if len(self._gathered) >= _TEXTS:
                        self._gathered.clear()
                    gathered = _gathered(text, (await connection.prepare(text)).get_parameters())
                    self._gathered[text] = gathered
                if not gathered:
                    return [[dict(row) for row in await connection.fetch(text, *values)] for values in asked]
                given = [{"asked_place": place, **_named(values)} for place, values in enumerate(asked)]
                rows = await connection.fetch(gathered, to_json(given))
        found: dict[int, list[Record]] = defaultdict(list)
        for row in map(dict, rows):
            found[row.pop("asked_place")].append(row)
        return [found[place] for place in range(len(asked))]


async def _from_sqlite(connection: Any, text: str, values: Values) -> list[Record]:
    with Reaching(connection):
        return [dict(row) for row in await connection.execute_fetchall(text, values)]


async def _or_error(reading: Awaitable[list[Record]]) -> list[Record] | Exception:
    try:
        return await reading
    except Exception as error:
        return error


def _named(values: Values) -> dict[str, Any]:
    return {f"p{number}": value for number, value in enumerate(values, 1)}


def _gathered(text: str, parameters: Sequence[Any]) -> str:
    types = [parameter.name for parameter in parameters]
    if not all(_PLAIN.fullmatch(name) for name in types):
        return ""
    columns = ", ".join(["asked_place integer", *(f"p{number} {name}" for number, name in enumerate(types, 1))])
    one = _PARAMETER.sub(lambda match: f"asked.p{match[1]}" if match[1] else match[0], text)
    # `offset 0`: each is looked up by itself. Else it is a join, and one that was planned over an empty table reads all
    # of it.
    return f"""select asked.asked_place, found.* from jsonb_to_recordset(cast($1 as jsonb)) as asked({columns})
        cross join lateral (select * from ({one}) one offset 0) found"""
