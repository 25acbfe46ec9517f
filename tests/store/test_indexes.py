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
from hub.store.sql import prepare
from hub.store.tables import Row
from tests.conftest import scaled_alone

MEMBER = Viewer(user_id=7, standing=Standing.MEMBER, clubs=frozenset({3, 5}))
MODERATOR = Viewer(user_id=7, standing=Standing.MODERATOR)
ADMIN = Viewer(user_id=7, standing=Standing.ADMIN)


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


LISTS = {name: loader for name, loader in declared().items() if loader.many}
# A filter without a value (`parent_id is null`) may have an index of its own.
FILTERS = {name: [key for key, sql in loader.args.items() if "arg_" not in sql] for name, loader in LISTS.items()}

FILL = """
insert into users (id, handle, handle_key, display_name, joined_at)
    select n, 'u' || n, 'u' || n, '', now() from generate_series(1, 500) n;
insert into sanctions (id, user_id, kind, reason, at)
    select n, n % 500 + 1, 'WARNING', '', now() - n * interval '1 minute' from generate_series(1, 9000) n;
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
update posts set topic_id = id % 50, prominence = 0;
insert into topics (id, slug, name) select n, 't' || n, 't' || n from generate_series(1, 5000) n;
insert into post_translations (id, post_id, locale, title, body_source, body_html, body_excerpt)
    select s.id * 10 + n, s.id, 'l' || n, '', '', '', '' from subjects s, generate_series(1, 5) n where kind = 'POST';
insert into post_updates (id, post_id, author_id, body_source, body_html, body_excerpt, published_at)
    select s.id * 10 + n, s.id, 1, '', '', '', now() from subjects s, generate_series(1, 5) n where kind = 'POST';
insert into post_responses (id, post_id, sender, body_source, body_html, body_excerpt, published_at)
    select s.id * 10 + n, s.id, '', '', '', '', now() from subjects s, generate_series(1, 5) n where kind = 'POST';
insert into post_revisions (id, post_id, version, edited_at, title, body_source, body_html, body_excerpt, shown)
    select s.id * 10 + n, s.id, n, now(), '', '', '', '', true from subjects s, generate_series(1, 5) n
    where kind = 'POST';
insert into events (id, slug, club_id, title, body_source, body_html, body_excerpt, starts_at, time_zone)
    select id, 'e' || id, club_id, '', '', '', '', created_at, 'UTC' from subjects where kind = 'EVENT';
insert into actions (id, post_id, kind, verification, consent_text, created_at)
    select id, id, 'SIGN', 'ACCOUNT', '', now() from subjects where kind = 'POST';
insert into action_tallies (id, as_of) select id, now() from actions;
insert into action_milestones (id, action_id, at, label)
    select a.id * 10 + n, a.id, n, '' from actions a, generate_series(1, 5) n;
insert into action_shifts (id, action_id, key, title, starts_at, ends_at, places)
    select a.id * 10 + n, a.id, n, '', now(), now(), 5 from actions a, generate_series(1, 5) n;
insert into action_officials (id, action_id, position, key, name)
    select a.id * 10 + n, a.id, n, n, '' from actions a, generate_series(1, 5) n;
insert into action_region_tallies (id, action_id, region, value)
    select a.id * 10 + n, a.id, 'r' || n, n from actions a, generate_series(1, 5) n;
insert into participations (id, action_id, user_id, person, display_name, status, receipt, answers, consent_version, at)
    select n, 3 * (n % 300) + 1, n % 500 + 1, 'p' || n, case when n % 3 = 0 then 'x' end, 'COUNTED', 'r' || n, '{}', 1,
        now() from generate_series(1, 9000) n;
insert into action_outreach (id, participation_id, official_id, channel, at)
    select p.id * 10 + n, p.id, p.action_id * 10 + n, 'MAIL', now() from participations p, generate_series(1, 3) n;
insert into action_fields (id, action_id, position, key, label, type, choices)
    select n, n % 3000 + 1, n / 3000 + 1, 'k' || n, '', 'TEXT', '[]' from generate_series(1, 9000) n;
insert into event_hosts (id, event_id, user_id, position)
    select id, id, author_id, 0 from subjects where kind = 'EVENT';
insert into rsvps (id, event_id, user_id, status, at, updated_at)
    select id, id, author_id, 'GOING', created_at, created_at from subjects where kind = 'EVENT';
insert into comments (id, subject_id, subject_kind, number, parent_id, path, author_id, body_source, body_html,
        body_excerpt, created_at)
    select n, n % 300 + 1, 'THREAD', n / 300 + 1, case when n % 4 > 0 then n % 2000 + 1 end, '', n % 500 + 1, '', '',
        '', now() - n * interval '1 second'
    from generate_series(1, 20000) n;
insert into reaction_tallies (id, target_id, kind, count) select n, n % 3000, 'k' || n / 3000, 1
    from generate_series(1, 9000) n;
insert into jobs (id, kind, arguments, priority, run_at, attempts_limit, created_at, dead_at)
    select n, 'k' || n % 5, '{}', n % 3, now() + n * interval '1 hour', 9, now(), case when n % 50 = 0 then now() end
    from generate_series(1, 20000) n;
insert into partner_apps (id, owner_id, club_id, name, name_key, scopes, allowed_origins, created_at)
    select n, n % 500 + 1, n % 300 + 1, 'a' || n, 'a' || n, '[]', '[]', now() from generate_series(1, 3000) n;
insert into api_tokens (id, app_id, user_id, digest, prefix, scopes, created_at, expires_at)
    select n, case when n % 3 > 0 then n % 300 + 1 end, case when n % 3 < 2 then n % 500 + 1 end, 'd' || n, '', '[]',
        now() - n * interval '1 minute', now() + interval '1 day' from generate_series(1, 9000) n;
insert into app_grants (id, app_id, user_id, scopes, since)
    select n, n % 3000 + 1, n / 18 + 1, '[]', now() - n * interval '1 minute' from generate_series(1, 8900) n;
insert into audit_log (id, at, actor_id, action, target_kind, target_id, request_id)
    select n, now() - n * interval '1 minute', n % 500 + 1, 'a' || n % 10, 'User', n % 300 + 1, ''
    from generate_series(1, 9000) n;
analyze
"""


@pytest.fixture
def form() -> str:
    return scaled_alone()


@pytest.fixture
async def filled(database: Database) -> Database:
    async def write(transaction: Transaction) -> None:
        for statement in FILL.split(";"):
            await transaction.fetch(statement)

    await database.transact(write)
    return database


class Explainer:
    """Stands in for the database of a loader and keeps the plan that its statement runs by: the generic one."""

    dialect = "postgres"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.plan: dict[str, Any] = {}

    async def fetch(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        prepared = prepare(sql, "postgres")
        values = ", ".join(literal(parameters[name]) for name in prepared.names)
        await self._transaction.fetch(f"prepare explained as {prepared.text}")
        rows = await self._transaction.fetch(f"explain (format json) execute explained ({values})")
        await self._transaction.fetch("deallocate explained")
        self.plan = json.loads(rows[0]["QUERY PLAN"])[0]["Plan"]
        return []


def literal(value: Any) -> str:
    """A value that PostgreSQL reads as what its place asks for."""
    if value is None:
        return "null"
    if isinstance(value, (list, frozenset)):
        return f"array[{','.join(map(str, value))}]::bigint[]"
    return f"'{value}'"


AT: dict[str, Any] = {"id": 5, "int": 5, "text": "k1", "instant": now()}
PAGES = (Page(20), Page(20, after=(0,)), Page(20, backward=True), Page(20, before=(0,), backward=True))
# With these off, a plan sorts or reads a whole table only where no index could spare it.
DETOURS = ("enable_seqscan", "enable_sort", "enable_incremental_sort", "enable_bitmapscan")


async def plans(database: Database, viewer: Viewer, page: Page) -> dict[tuple[str, ...], dict[str, Any]]:
    """The plan of each list's statement; a cursor stands somewhere in the middle."""

    async def explain(transaction: Transaction) -> dict[tuple[str, ...], dict[str, Any]]:
        for detour in DETOURS:
            await transaction.fetch(f"set local {detour} = off")
        found = {}
        for name, loader in LISTS.items():
            if loader.table.visible(viewer.standing) == "(false)":
                continue
            explainer = Explainer(transaction)
            middle = tuple(AT[kind] for kind in loader.order_kinds)
            asked = replace(page, after=middle if page.after else None, before=middle if page.before else None)
            for filters in ([], *([one] for one in FILTERS[name])):
                keys = [1, 2, 3] if loader.key else []
                await loader.load_many(explainer, viewer, keys, asked, dict.fromkeys(filters))
                found[name, *filters] = explainer.plan
        return found

    return await database.transact(explain)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)


def faults(loader: Loader, plan: dict[str, Any]) -> list[str]:
    """What keeps the page from being a walk along an index of its key and order."""
    if not any("Relation Name" in node for node in nodes(plan)):
        return []  # who may see none of them reads nothing
    limit = next(node for node in nodes(plan) if node["Node Type"] == "Limit")
    bad = [node["Node Type"] for node in nodes(limit) if "Sort" in node["Node Type"]]
    bad += [f"Seq Scan of {node['Relation Name']}" for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    found = [node["Index Cond"] for node in nodes(limit) if "Index Cond" in node]
    # Where visibility says that the key is the viewer, the planner may go by that.
    keyed = (f"{loader.key} = keys.value", f"{loader.key} = $")
    if loader.key and not any(key in condition for condition in found for key in keyed):
        bad.append(f"no index begins with {loader.key}")
    return bad


@pytest.mark.parametrize("viewer", [MEMBER, MODERATOR, ADMIN, NOBODY], ids=lambda viewer: viewer.standing)
async def test_each_list_walks_along_an_index_of_its_key_and_order(filled: Database, viewer: Viewer):
    for page in PAGES:
        found = await plans(filled, viewer, page)
        assert len(found) > 20
        bad = {name: wrong for name, plan in found.items() if (wrong := faults(LISTS[name[0]], plan))}
        assert bad == {}


@pytest.mark.parametrize(
    ("index", "sql"),
    {
        "clubs_face": "select slug, name from clubs where id = $1 and visibility in ('PUBLIC', 'UNLISTED')",
        "users_face": "select handle, display_name, avatar_url from users where id = $1",
        "memberships_user": "select club_id from memberships where user_id = $1 and status = 'ACTIVE' order by since, id",
        "rsvps_event": """select user_id from rsvps where event_id = $1 and status = 'GOING' and public_attendance
            order by at, id""",
        "event_hosts_event": "select user_id from event_hosts where event_id = $1 order by position, id",
        "post_authors_post": "select user_id from post_authors where post_id = $1 order by position, id",
    }.items(),
)
async def test_what_a_list_shows_of_its_rows_stands_in_its_index(filled: Database, index: str, sql: str):
    for table in ("users", "clubs", "memberships", "rsvps", "event_hosts", "post_authors"):
        await filled.fetch(f"vacuum {table}")
    assert f"Index Only Scan using {index}" in (await filled.explain(sql, [5]))[0]
