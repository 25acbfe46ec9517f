"""A write of several steps that is one statement on PostgreSQL and one short transaction on SQLite.

Each step is an `insert`, `update` or `delete` with `returning`, or a `select` that locks, and may read the rows
that earlier steps gave under their names. The first one asserts what the rules judged: when
it gives no row, the later ones, which read from it, do nothing, and the answer is empty. PostgreSQL runs all
steps on one snapshot, so a step sees what earlier ones *gave*, never what they stored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hub.store.database import Database, Record, Transaction
from hub.store.sql import Dialect, Kind, records, to_json

_LITERAL = re.compile(r"'[^']*'")
_ENCLOSED = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Step:
    name: str
    sql: str


@dataclass(frozen=True)
class Chain:
    """`records` declares the parameters that are lists of rows, `answer` the step whose rows come back."""

    steps: tuple[Step, ...]
    answer: str
    records: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict[str, Mapping[str, Kind]])

    async def run(self, database: Database, parameters: Mapping[str, Any]) -> list[Record]:
        if database.dialect == "postgres":
            return await database.write(self._one_statement, self._with_records(parameters))
        return await database.transact(lambda transaction: self.run_in(transaction, parameters))

    async def run_in(self, transaction: Transaction, parameters: Mapping[str, Any]) -> list[Record]:
        """The same as part of a longer transaction."""
        values = self._with_records(parameters)
        if transaction.dialect == "postgres":
            return await transaction.fetch(self._one_statement, values)
        given: dict[str, list[Record]] = {}
        for step in self.steps:
            sources, rows = self._sources(step, given)
            given[step.name] = await transaction.fetch(f"{sources} {step.sql}", {**values, **rows})
        return given[self.answer]

    @cached_property
    def _one_statement(self) -> str:
        heads = [f"{name} as (select * from {self._input(name, 'postgres')})" for name in self.records]
        steps = [f"{step.name} as ({step.sql})" for step in self.steps]
        return f"with {', '.join([*heads, *steps])} select * from {self.answer}"

    def _sources(self, step: Step, given: Mapping[str, list[Record]]) -> tuple[str, dict[str, str]]:
        heads = [
            f"{name} as (select * from {self._input(name, 'sqlite')})"
            for name in self.records
            if _mentions(step.sql, name)
        ]
        rows: dict[str, str] = {}
        for name, answer in given.items():
            if _mentions(step.sql, name):
                rows[f"rows_{name}"] = to_json(answer)
                columns = dict.fromkeys(answer[0] if answer else _columns(self.step(name)), "text")
                source = records(f"rows_{name}", columns, "sqlite")  # pyright: ignore[reportArgumentType] - what a step gave is read as text
                heads.append(f"{name} as (select * from {source})")
        return (f"with {', '.join(heads)}" if heads else ""), rows

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    def _input(self, name: str, dialect: Dialect) -> str:
        return records(name, self.records[name], dialect)

    def _with_records(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: to_json(value) if name in self.records else value for name, value in parameters.items()}


def _mentions(sql: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", sql) is not None


def _columns(step: Step) -> list[str]:
    """The names that a step gives, for the case that it gave no row."""
    sql = _LITERAL.sub("", step.sql)
    while sql != (shorter := _ENCLOSED.sub("", sql)):
        sql = shorter
    _, word, tail = sql.rpartition("returning")
    given = tail if word else sql.partition("select")[2].partition("from")[0]
    return [part.split()[-1].rpartition(".")[2] for part in given.split(",")]
