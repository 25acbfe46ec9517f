"""The inbox of a person with very many notifications: each look is a pinned number of statements along indexes."""

import re

import pytest

from hub.live.backend import Backend
from tests.client import Client
from tests.mutations import row_id

ENTRIES = 20_000
"""Enough for planners to mind; `python -m tests.bench inboxes` has 200,000."""
SHOWN = """nodes { id kind text count readAt target { __typename } actors { handle } }
    pageInfo { hasNextPage endCursor }"""
PAGES = {
    "first": "{ viewer { unread { notifications } notifications(first: 20) { %s } } }",
    "unread": "{ viewer { notifications(first: 20, unreadOnly: true) { %s } } }",
}
READ_ALL = "mutation { markNotificationsRead(input: { all: true }) { unread { notifications } } }"
READ_SOME = "mutation ($ids: [ID!]) { markNotificationsRead(input: { ids: $ids }) { unread { notifications } } }"
_NUMBERS = {
    "sqlite": "with recursive c(n) as (select 1 union all select n + 1 from c where n < {as_int most}) select n from c",
    "postgres": "select generate_series(1, {as_int most}) as n",
}
_PAGE = 200
"""Rows that a step may sort."""


async def fill(backend: Backend, person: int, thread: int, entries: int, *, first: int = 2**40) -> None:
    """All but the newest hundred read: the older half by one mark, the others one by one. Others have inboxes, too."""
    database = backend.database
    numbers = f"({_NUMBERS[database.dialect]}) r"
    given = {"most": entries, "person": person, "thread": thread, "first": first}
    await database.write(
        f"""insert into notifications (id, user_id, group_key, kind, target_kind, target_id, position, count, actor_ids,
                actor_count, created_at, updated_at, read_at)
            select {{as_id first}} + n, {{as_id person}}, 'g' || n, 'REPLY', 'THREAD', {{as_id thread}}, n, 1, '[]', 0,
                {{now}}, {{now}}, case when n > {{as_int most}} / 2 and n <= {{as_int most}} - 100 then {{now}} end
            from {numbers} where true""",
        given,
    )
    await database.write(
        f"""insert into inboxes (id, last_position, read_up_to, all_read_at, unread)
            select {{as_id first}} + n, 5, 0, null, 5 from {numbers} where true""",
        {"most": entries, "first": first},
    )
    await database.write(
        """insert into inboxes (id, last_position, read_up_to, all_read_at, unread)
           values ({as_id person}, {as_int most}, {as_int most} / 2, {now}, 100)""",
        {"person": person, "most": entries},
    )
    await database.write("analyze")


@pytest.fixture
async def gerda(client: Client, thread: str) -> str:
    database = client.backend.database
    (row,) = await database.fetch("select id from users where handle = 'gerda'")
    await database.write("delete from notifications")
    await database.write("delete from inboxes")
    await fill(client.backend, row["id"], row_id(thread), ENTRIES)
    await client.caller("gerda")
    return "gerda"


def faults(steps: list[str], index: str | None) -> list[str]:
    """What keeps the steps from reading a page along the index; what is no table is handed in, and walked whole."""
    bad = [step for step in steps if re.search(r"Seq Scan on (notifications|inboxes)|SCAN (?!json_each|keys)", step)]
    bad += [step for step in steps if "Sort" in step and int(re.findall(r"rows=(\d+)", step)[0]) > _PAGE]
    return bad if index is None or any(index in step for step in steps) else [*bad, f"{index} is not used"]


@pytest.mark.parametrize(
    ("document", "index", "sent"),
    [
        pytest.param(PAGES["first"] % SHOWN, "notifications_of_user", {"sqlite": 6, "postgres": 6}, id="first"),
        pytest.param(PAGES["unread"] % SHOWN, "notifications_unread", {"sqlite": 5, "postgres": 5}, id="unread"),
        pytest.param(READ_ALL, None, {"sqlite": 4, "postgres": 2}, id="read-all"),
        pytest.param(READ_SOME, None, {"sqlite": 7, "postgres": 5}, id="read-some"),
    ],
)
async def test_each_look_is_so_many_statements_along_an_index(
    client: Client, gerda: str, document: str, index: str | None, sent: dict[str, int]
):
    """With that of the token, and begin and commit left out."""
    database = client.backend.database
    shown = (await client.data(PAGES["unread"] % SHOWN, gerda))["viewer"]["notifications"]
    assert len(shown["nodes"]) == 20
    given = {"ids": [node["id"] for node in shown["nodes"]]} if "$ids" in document else {}
    async with database.watching() as watched:
        data = await client.data(document, gerda, **given)
    assert len(watched.statements) == sent[database.dialect]
    mine = [
        faults(await database.explain(text, values), index)
        for text, values in zip(watched.statements, watched.values, strict=True)
        if re.search(r"\b(notifications|inboxes)\b", text) and (index is None or "order by" in text)
    ]
    assert mine
    assert not any(mine)
    left = data.get("markNotificationsRead", {}).get("unread", {}).get("notifications")
    assert left == {READ_ALL: 0, READ_SOME: 80}.get(document)
