"""Each formula is held to the Python function that it says once more, on PostgreSQL; SQLite calls the function."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from hub.graph.comments.types import _editable_until
from hub.graph.subjects.types import live_cursor
from hub.graph.values import _excerpt
from hub.store.database import Database
from hub.store.formulas import EDITABLE_UNTIL, EXCERPT, LIVE_CURSOR, Formula, address
from tests.conftest import BACKENDS

WORDS = ("a", "to", "Unicode🦉", "supercalifragilistic" * 4, "é", "…", "%s", "'", '"', "\\")


@pytest.fixture
def form() -> str:
    if "scaled" not in BACKENDS:
        pytest.skip("formulas are PostgreSQL's")
    return "scaled"


def texts(random: Random) -> tuple[Any, ...]:
    words = [random.choice(WORDS) for _ in range(random.randint(0, 60))]
    return " ".join(words), random.choice((-1, 0, 1, 2, 3, 7, 20, 200, 500, 501, 2**31 - 1))


def times(random: Random) -> tuple[Any, ...]:
    at = datetime(random.randint(1990, 2090), 2, 3, 4, 5, 6, random.choice((0, 7_000, 999_000)), tzinfo=UTC)
    return random.choice((0, 1, 3_600, 10**7)), at, random.choice(("PUBLISHED", "PENDING"))


CASES: dict[str, tuple[Formula, Callable[..., Any], tuple[str, ...], Callable[[Random], tuple[Any, ...]]]] = {
    "excerpt": (EXCERPT, _excerpt, ("text", "int"), texts),
    "editable until": (EDITABLE_UNTIL, _editable_until, ("int", "instant", "text"), times),
    "live cursor": (
        LIVE_CURSOR,
        live_cursor,
        ("id", "id", "id"),
        lambda random: tuple(random.choice((0, 1, 2**63 - 1, random.getrandbits(62))) for _ in range(3)),
    ),
    "address": (
        address("/posts/"),
        lambda site, slug: f"{site}/posts/{slug}",
        ("text", "text"),
        lambda random: ("https://hub.example", random.choice(WORDS)),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_formula_is_its_function(database: Database, name: str) -> None:
    formula, function, kinds, draw = CASES[name]
    sql = formula.sql
    for place, kind in enumerate(kinds):
        sql = sql.replace(f"{{{place}}}", f"{{as_{kind} v{place}}}")
    random = Random(7)
    for _ in range(300):
        values = draw(random)
        rows = await database.fetch(f"select {sql} as found", {f"v{n}": value for n, value in enumerate(values)})
        assert rows[0]["found"] == function(*values), values
