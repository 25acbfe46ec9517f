"""Each list that a room declares is read by an index, in its order, without sorting: PostgreSQL's own plan says so."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import hub
from hub.store.audience import NOBODY, Standing, Viewer
from hub.store.database import Database, Transaction
from hub.store.instants import now
from hub.store.loaders import Loader, Page
from hub.store.tables import Row
from tests.conftest import BACKENDS

MEMBER = Viewer(user_id=7, standing=Standing.MEMBER, clubs=frozenset({3, 5}))
MODERATOR = Viewer(user_id=7, standing=Standing.MODERATOR)


def declared() -> dict[str, Loader]:
    """Each loader of each room by its name; those of a dictionary by its name and theirs."""
    found: dict[str, Loader] = {}
    for module in pkgutil.walk_packages(hub.__path__, "hub."):
        if not module.name.endswith(".loaders") or module.name == "hub.store.loaders":
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            loaders = value if isinstance(value, dict) else {"": value}
            found |= {f"{name} {key}".strip(): one for key, one in loaders.items() if isinstance(one, Loader)}
    return found


LOADERS = declared()
LISTS = {name: loader for name, loader in LOADERS.items() if loader.many}

FILL = """
insert into users (id, handle, handle_key, display_name, joined_at)
    select n, 'u' || n, 'u' || n, '', now() from generate_series(1, 500) n;
insert into clubs (id, slug, name, created_at) select n, 'c' || n, 'c' || n, now() from generate_series(1, 300) n;
insert into memberships (id, club_id, user_id, since)
    select n, n % 300 + 1, n / 300 + 1, now() - n * interval '1 minute' from generate_series(1, 9000) n;
insert into categories (id, slug, name, position) select n, 'k' || n, '', n from generate_series(1, 300) n;
insert into subjects (id, kind, author_id, club_id, category_id, comment_count, created_at, last_activity_at)
    select n, case n % 3 when 0 then 'THREAD' when 1 then 'POST' else 'EVENT' end, n % 500 + 1, n % 300 + 1,
        n % 300 + 1, n % 17, now() - n * interval '1 hour', now() - n * interval '1 minute'
    from generate_series(1, 9000) n;
insert into threads (id, slug, title, body_source, body_html, body_excerpt, tags)
    select id, 't' || id, '', '', '', '', '[]' from subjects where kind = 'THREAD';
insert into posts (id, slug, kind, status, title, body_source, body_html, body_excerpt, tags, regions, listed_at)
    select id, 'p' || id, 'UPDATE', 'PUBLISHED', '', '', '', '', '[]', '[]', created_at
    from subjects where kind = 'POST';
insert into post_authors (id, post_id, user_id, position) select id, id, author_id, 0 from subjects where kind = 'POST';
insert into post_clubs (id, post_id, club_id, position, listed_at)
    select id, id, club_id, 0, created_at from subjects where kind = 'POST';
insert into events (id, slug, club_id, title, body_source, body_html, body_excerpt, starts_at, time_zone)
    select id, 'e' || id, club_id, '', '', '', '', created_at, 'UTC' from subjects where kind = 'EVENT';
insert into event_hosts (id, event_id, user_id, position)
    select id, id, author_id, 0 from subjects where kind = 'EVENT';
insert into rsvps (id, event_id, user_id, status, at, updated_at)
    select id, id, author_id, 'GOING', created_at, created_at from subjects where kind = 'EVENT';
insert into comments (id, subject_id, subject_kind, number, parent_id, path, author_id, body_source, body_html,
        body_excerpt, created_at)
    select n, n % 300 + 1, 'THREAD', n / 300 + 1, case when n % 4 > 0 then n % 2000 + 1 end, '', n % 500 + 1, '', '', '',
        now() - n * interval '1 second'
    from generate_series(1, 20000) n;
insert into reaction_tallies (id, target_id, kind, count) select n, n % 3000, 'k' || n / 3000, 1
    from generate_series(1, 9000) n;
analyze
"""


@pytest.fixture
def form() -> str:
    if "scaled" not in BACKENDS:
        pytest.skip("only PostgreSQL explains itself like this")
    return "scaled"


@pytest.fixture
async def filled(database: Database) -> Database:
    async def write(transaction: Transaction) -> None:
        for statement in FILL.split(";"):
            await transaction.fetch(statement)

    await database.transact(write)
    return database


class Explainer:
    """Stands in for the database of a loader and keeps the plan of its statement."""

    dialect = "postgres"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.plan: dict[str, Any] = {}

    async def fetch(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        rows = await self._transaction.fetch(f"explain (format json) {sql}", parameters)
        self.plan = json.loads(rows[0]["QUERY PLAN"])[0]["Plan"]
        return []


AT: dict[str, Any] = {"id": 5, "int": 5, "text": "k1", "instant": now()}


async def plans(database: Database, viewer: Viewer, page: Page) -> dict[str, dict[str, Any]]:
    """The plan of each list's statement, for a page that begins in the middle."""

    async def explain(transaction: Transaction) -> dict[str, dict[str, Any]]:
        await transaction.fetch("set local enable_seqscan = off")
        found = {}
        for name, loader in LISTS.items():
            explainer = Explainer(transaction)
            position = tuple(AT[kind] for kind in loader.order_kinds)
            turned = replace(page, after=position if page.after else None, before=position if page.before else None)
            await loader.load_many(explainer, viewer, [1, 2, 3] if loader.key else [], turned)
            found[name] = explainer.plan
        return found

    return await database.transact(explain)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def faults(plan: dict[str, Any]) -> list[str]:
    """What below the page's limit is no walk along an index."""
    limit = next(node for node in nodes(plan) if node["Node Type"] == "Limit")
    below = list(nodes(limit))
    bad = [node["Node Type"] for node in below if "Sort" in node["Node Type"]]
    bad += [f"{node['Node Type']} of {node['Relation Name']}" for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    return bad


PAGES = {
    "first": Page(20),
    "after": Page(20, after=(0,)),
    "last": Page(20, backward=True),
    "before": Page(20, before=(0,), backward=True),
}


@pytest.mark.parametrize("page", PAGES)
async def test_each_list_walks_along_an_index(filled: Database, page: str):
    for viewer in (MEMBER, MODERATOR, NOBODY):
        found = await plans(filled, viewer, PAGES[page])
        assert {name: bad for name, plan in found.items() if (bad := faults(plan))} == {}, viewer.standing
