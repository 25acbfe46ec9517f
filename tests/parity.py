"""Parity: what a plan answers is what execution answers, compared as text, for random documents and all viewers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest import mock

import orjson

from hub.graph.callers import Callers
from hub.graph.documents import BadDocument
from hub.graph.fields import declaration_of
from hub.graph.ids import to_global
from hub.graph.operations import Engine
from hub.graph.subjects.queries import BY_NOUN
from hub.live.backend import Backend
from hub.text.markdown import excerpt_of
from tests.client import Client
from tests.client import shown as shown_of
from tests.documents import Documents, Supply

VIEWERS = (None, "ines", "jonas", "mara", "otto")
NASTY = ('\x01d"b\\c\x07\t\\u0001', "\u2028</script>\x7f\x7f", "🦉 ÄÖ %s {t} $1 :x", "''' || null", "é" * 40)
CURSORS = """{ a: posts(first: 5) { ...E } b: threads(first: 5) { edges { cursor } } c: clubs(first: 5) { edges { cursor } }
    d: events(first: 5) { edges { cursor } } u: user(handle: "ines") { clubs { edges { cursor } } comments { edges { cursor } } }
    p: post(slug: "welcome") { liveCursor comments(first: 9, rootOnly: false) { edges { cursor } } } }
    fragment E on PostConnection { edges { cursor } }"""


@dataclass
class Report:
    documents: int = 0
    invalid: int = 0
    with_errors: int = 0
    planned: int = 0
    plannable: int = 0
    ordinary: int = 0
    crashes: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    invalid_reasons: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)

    def shown(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "differences": len(self.differences),
            "crashes": len(self.crashes),
            "planned": self.planned,
            "planned_share": round(self.planned / max(1, self.plannable), 4),
            "with_errors": self.with_errors,
            "invalid": self.invalid,
            "ordinary": self.ordinary,
            "reasons": dict(self.reasons.most_common(8)),
            "why_invalid": dict(self.invalid_reasons.most_common(4)),
            "first": (self.crashes + self.differences)[:1],
        }


class Parity:
    """Over one database: an engine that plans at first sight, and one that never does."""

    def __init__(self, backend: Backend, seed: int) -> None:
        self._client = Client(backend)
        # Many aliases keep random fields apart; what a plan is cannot depend on it.
        wide = backend.settings.model_copy(update={"document_aliases": 10_000})
        settings = wide.model_copy(update={"plans": True, "plan_sights": 1, "plan_misses": 10**9})
        plain = wide.model_copy(update={"plans": False})
        self.planning = Engine(_under(backend, settings), Callers(backend))
        self._plain = Engine(_under(backend, plain), Callers(backend))
        self._random = Random(seed)

    async def run(self, documents: int, *, until_different: bool = False) -> Report:
        report = Report()
        maker = Documents(
            self.planning.schema, await supply(self._client.backend), self._random, ordinary(self.planning)
        )
        with at_one_time():
            while report.documents < documents and not (until_different and report.differences):
                await self._compare(maker, report)
        return report

    async def _compare(self, maker: Documents, report: Report) -> None:
        made = maker.make()
        try:
            operation = self.planning.prepare(made.text, None)
        except BadDocument as bad:
            report.invalid += 1
            report.invalid_reasons[str(bad)[:60]] += 1
            return
        caller = await self._client.caller(self._random.choice(VIEWERS))
        counters = self.planning.planner.counters
        before = sum(counters.answered.values())
        shown = f"{made.text}\n{made.variables}\n{caller.viewer.standing}"
        try:
            expected = shown_of((await self._plain.execute(operation, made.variables, caller)).body)
        except BadDocument:
            report.invalid += 1
            return
        try:
            found = shown_of((await self.planning.execute(operation, made.variables, caller)).body)
        except Exception as error:
            report.crashes.append(f"{error!r}\n{shown}")
            return
        report.documents += 1
        report.asked |= made.asked
        planned = sum(counters.answered.values()) > before
        failed = b'"errors":' in expected[:200000] and "errors" in orjson.loads(expected)
        report.planned += planned
        report.with_errors += failed
        apart = bool(made.asked & maker.ordinary)
        report.ordinary += apart
        report.plannable += not apart and not failed
        # Which errors besides the first are told below a null depends on time, also between two executions.
        same = _text(found) == _text(expected) if planned or not failed else _data(found) == _data(expected)
        if not same:
            report.differences.append(f"{shown}\nplanned  {found.decode()[:3000]}\nexecuted {expected.decode()[:3000]}")
        report.reasons = counters.executed + counters.missed


async def supply(backend: Backend) -> Supply:
    """What arguments may name: ids, slugs, handles and cursors that are there."""
    database = backend.database
    ids = {
        noun: [to_global(noun, row["id"]) for row in await database.fetch(f"select id from {_own(loader)}")]
        for noun, loader in BY_NOUN.items()
    }
    slugs = {
        name: [row["slug"] for row in await database.fetch(f"select slug from {table}")]
        for name, table in {"post": "posts", "thread": "threads", "club": "clubs", "event": "events"}.items()
    }
    handles = [row["handle"] for row in await database.fetch("select handle from users")]
    found = await Client(backend).data(CURSORS, "otto")
    cursors = list(_values(found, "cursor"))
    return Supply(ids, slugs, handles, cursors, list(_values(found, "liveCursor")))


async def make_nasty(backend: Backend) -> None:
    """Hidden and waiting comments, equal times, fractions, texts that break what is put together without care."""
    database = backend.database
    for place, text in enumerate(NASTY):
        values = {"text": text, "place": place, "excerpt": excerpt_of(f"<p>{text} " + "word " * 30 + "</p>")}
        for sql in (
            "update users set display_name = :text where id % 5 = {as_int place}",
            "update clubs set name = :text where id % 5 = {as_int place}",
            "update posts set title = :text where id % 5 = {as_int place}",
            "update comments set body_source = :text, body_html = :text, body_excerpt = {as_text excerpt}"
            " where number % 5 = {as_int place}",
        ):
            await database.write(sql, values)
    at = datetime(2025, 5, 5, 5, 5, 5, 120_000, tzinfo=UTC)
    later = {"at": at, "full": at.replace(microsecond=0)}
    for sql in (
        "update comments set created_at = {as_instant at} where number % 2 = 0",
        "update subjects set created_at = {as_instant at}, last_activity_at = {as_instant full} where id % 2 = 0",
        "update comments set edited_at = {as_instant full} where number % 3 = 0",
        "update comments set status = 'PENDING' where number % 7 = 3",
        "update comments set status = 'REMOVED' where number % 11 = 4",
        "update rsvps set public_attendance = false where id % 4 = 1",
    ):
        await database.write(sql, later)


@contextmanager
def at_one_time() -> Iterator[None]:
    with mock.patch("hub.graph.operations.now", return_value=datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)):
        yield


def ordinary(engine: Engine) -> set[str]:
    """Fields with resolvers of their own, reached from a query."""
    return {
        f"{name}.{key}"
        for name, kind in engine.schema.type_map.items()
        for key, shown in getattr(kind, "fields", {}).items()
        if hasattr(shown, "resolve") and not name.startswith("__") and declaration_of(shown) is None
    }


def _under(backend: Backend, settings: Any) -> Backend:
    return Backend(settings, backend.database, backend.broker)


def _own(loader: Any) -> str:
    return loader.table.name


def _text(body: bytes) -> bytes:
    return orjson.dumps(orjson.loads(body))


def _data(body: bytes) -> tuple[bytes, bool]:
    answer = orjson.loads(body)
    return orjson.dumps(answer["data"]), "errors" in answer


def _values(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, below in value.items():
            if key == name and isinstance(below, str):
                yield below
            else:
                yield from _values(below, name)
    elif isinstance(value, list):
        for below in value:
            yield from _values(below, name)
