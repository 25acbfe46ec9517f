"""The exact number of SQL statements of canonical operations, besides the token's. The same on both databases."""

import pytest

from tests.client import Client

NESTED = """{ user(handle: "jonas") { handle clubs(first: 2) { nodes { club { name events(first: 2) { nodes { title
    rsvps(first: 3) { nodes { status user { handle comments(first: 2) { nodes { body { excerpt } subject {
        __typename ... on Post { title } ... on Thread { title } ... on Event { title } } } } } } } } } } } } } }"""

CANONICAL = {
    "a thread with comments and authors": (
        """{ thread(slug: "SLUG") { title liveCursor comments(first: 50, rootOnly: false) {
            liveCursor nodes { body { html } author { handle } } } } }""",
        3,
    ),
    "a post with comments, replies and their authors": (
        """{ post(slug: "welcome") { title body { html } authors { handle } comments(first: 20) { nodes {
            body { html } author { handle } replies(first: 2) { nodes { body { html } author { handle } } } } } } }""",
        6,
    ),
    "the feed": (
        "{ posts(first: 20) { nodes { title summary clubs { name } comments(first: 3) { nodes { body { excerpt }"
        " author { handle } } } } } }",
        4,
    ),
    "a club": (
        """{ club(slug: "lone-star-owners") { name memberCount { value } events(first: 20) { nodes { title
            counts { going } hosts { handle } rsvps(first: 10) { nodes { user { handle } } } } }
            posts(first: 10) { nodes { title } } } }""",
        6,
    ),
    "one user": ('{ user(handle: "ines") { handle displayName } }', 1),
    "all five nouns": (NESTED, 10),
}


@pytest.mark.parametrize("name", CANONICAL)
async def test_a_canonical_operation_takes_its_number_of_statements(client: Client, name: str) -> None:
    document, expected = CANONICAL[name]
    slug = (await client.data("{ threads(first: 1) { nodes { slug } } }"))["threads"]["nodes"][0]["slug"]
    await client.caller("ines")
    async with client.backend.database.watching() as log:
        await client.data(document.replace("SLUG", slug))
    assert len(log.statements) == expected
