"""`node` and `nodes` find what the front doors find, and show the same of it."""

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from hub.graph.ids import to_global
from hub.graph.schema import build, core
from hub.graph.subjects.queries import BY_NOUN
from tests.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = core(build())


def leaves(noun: str) -> str:
    """All fields of a noun that need no selection and no argument."""
    graphql_type = SCHEMA.type_map[noun]
    assert isinstance(graphql_type, GraphQLObjectType)
    return " ".join(
        name
        for name, field in graphql_type.fields.items()
        if is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))
    )


FRONT_DOORS = {
    "User": ('{ user(handle: "Ines") { FIELDS } }', ["user"]),
    "Category": ("{ categories { FIELDS } }", ["categories", 0]),
    "Thread": ('{ thread(slug: "buying-in-nebraska") { FIELDS } }', ["thread"]),
    "Post": ('{ post(slug: "welcome") { FIELDS } }', ["post"]),
    "Comment": ('{ post(slug: "welcome") { comments { nodes { FIELDS } } } }', ["post", "comments", "nodes", 2]),
    "Club": ('{ club(slug: "lone-star-owners") { FIELDS } }', ["club"]),
    "Membership": ('{ user(handle: "ines") { clubs { nodes { FIELDS } } } }', ["user", "clubs", "nodes", 0]),
    "Event": ('{ event(slug: "lincoln-capitol-day") { FIELDS } }', ["event"]),
    "Action": ('{ post(slug: "disaster-relief-texas") { action { FIELDS } } }', ["post", "action"]),
    "Participation": (
        '{ post(slug: "disaster-relief-texas") { action { recentPublic { FIELDS } } } }',
        ["post", "action", "recentPublic", 0],
    ),
    "Rsvp": ('{ event(slug: "lincoln-capitol-day") { rsvps { nodes { FIELDS } } } }', ["event", "rsvps", "nodes", 1]),
}


async def behind(client: Client, noun: str, handle: str | None = None) -> dict[str, object]:
    document, path = FRONT_DOORS[noun]
    found = await client.data(document.replace("FIELDS", leaves(noun)), handle)
    for step in path:
        found = found[step]
    return found


# What the demo has none of, or shows to few: `tests/partners`, `tests/audit` and `tests/users` go through their doors.
ELSEWHERE = {"PartnerApp", "AuditLogEntry", "Sanction", "Follow", "Notification"}
ELSEWHERE |= {"PostUpdate", "OfficialResponse", "Revision", "Topic"}


async def test_every_noun_has_a_front_door() -> None:
    assert set(FRONT_DOORS) == set(BY_NOUN) - ELSEWHERE


@pytest.mark.parametrize("noun", FRONT_DOORS)
@pytest.mark.parametrize("handle", [None, "ines", "otto"])
async def test_a_node_is_what_the_front_door_shows(shared: Client, noun: str, handle: str | None) -> None:
    shown = await behind(shared, noun, handle)
    data = await shared.data(
        f"query ($id: ID!) {{ node(id: $id) {{ __typename ... on {noun} {{ {leaves(noun)} }} }} }}",
        handle,
        id=shown["id"],
    )
    assert data["node"] == {"__typename": noun, **shown}


async def test_nodes_come_in_the_order_asked_with_null_for_what_is_absent(shared: Client) -> None:
    here = [(await behind(shared, noun))["id"] for noun in FRONT_DOORS]
    absent = [to_global(noun, 2**62) for noun in FRONT_DOORS]
    mixed = [one for pair in zip(absent, here, strict=True) for one in pair]
    data = await shared.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[*mixed, here[0], *reversed(here)])
    shown = [node and node["id"] for node in data["nodes"]]
    assert shown == [*(one for pair in here for one in (None, pair)), here[0], *reversed(here)]


async def test_nodes_of_one_noun_take_one_statement(shared: Client) -> None:
    data = await shared.data("{ posts { nodes { id } } }")
    ids = [post["id"] for post in data["posts"]["nodes"]]
    async with shared.backend.database.watching() as log:
        await shared.data("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Post { title } } }", ids=ids)
    assert len(log.statements) == 1


@pytest.mark.parametrize("noun", ["Thread", "Post", "Club", "Event"])
async def test_id_and_slug_open_the_same_door(shared: Client, noun: str) -> None:
    shown = await behind(shared, noun)
    door = noun.lower()
    document = (
        f"query ($id: ID, $slug: String) {{ a: {door}(id: $id) {{ id slug }} b: {door}(slug: $slug) {{ id slug }} }}"
    )
    data = await shared.data(document, id=shown["id"], slug=shown["slug"])
    assert data["a"] == data["b"] == {"id": shown["id"], "slug": shown["slug"]}


@pytest.mark.parametrize("door", ["thread", "post", "club", "event"])
@pytest.mark.parametrize("arguments", ["", '(id: "VXNlcjox", slug: "a")', "(id: null)", "(id: null, slug: null)"])
async def test_a_door_takes_either_id_or_slug(shared: Client, door: str, arguments: str) -> None:
    body = await shared.ask(f"{{ {door}{arguments} {{ id }} }}")
    assert body["data"] == {door: None}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INVALID"]


@pytest.mark.parametrize(
    "document",
    [
        '{ user(handle: "nobody-here") { id } }',
        '{ thread(slug: "nothing-here") { id } }',
        '{ post(slug: "nothing-here") { id } }',
        '{ club(slug: "nothing-here") { id } }',
        '{ event(slug: "nothing-here") { id } }',
    ],
)
async def test_what_is_absent_is_null(shared: Client, document: str) -> None:
    assert list((await shared.data(document)).values()) == [None]
