"""Following: by hand, what one sees, and no more than one level a thing."""

import pytest

from hub.graph.ids import to_global
from tests.client import Client
from tests.mutations import refused, send, write

OWN = """{ viewer { follows(first: 1) { nodes { id level reason mutedUntil target { __typename ... on Node { id } } }
    pageInfo { hasNextPage endCursor } } } }"""


async def thread_id(client: Client) -> str:
    found = await client.data("{ threads(first: 1) { nodes { id } } }")
    return found["threads"]["nodes"][0]["id"]


async def seen(client: Client, thread: str, handle: str | None = None):
    document = "query ($id: ID!) { node(id: $id) { ... on Thread { viewerFollow { level reason } } } }"
    return (await client.data(document, handle, id=thread))["node"]["viewerFollow"]


async def test_a_follow_is_seen_by_its_person_alone(client: Client, handles: tuple[str, ...]):
    one, other, _ = handles
    thread = await thread_id(client)
    assert await seen(client, thread, one) is None
    made = await write(client, "follow", one, targetId=thread, level="ALL")
    assert made["follow"]["target"] == {"id": thread}
    assert await seen(client, thread, one) == {"level": "ALL", "reason": "MANUAL"}
    assert await seen(client, thread, other) is None
    assert await seen(client, thread) is None
    read = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await client.data(read, one, id=made["follow"]["id"]))["node"]
    assert (await client.data(read, other, id=made["follow"]["id"]))["node"] is None


async def test_a_follow_of_another_kind_of_thing_with_the_same_number_is_not_shown(
    client: Client, handles: tuple[str, ...]
):
    thread = await thread_id(client)
    await write(client, "follow", handles[0], targetId=thread, level="ALL")
    await client.backend.database.write("update follows set target_kind = 'CLUB'")
    assert await seen(client, thread, handles[0]) is None


async def test_following_again_changes_the_level_and_unfollowing_ends_it(client: Client, handles: tuple[str, ...]):
    one, _, _ = handles
    thread = await thread_id(client)
    first = await write(client, "follow", one, targetId=thread, level="ALL")
    again = await write(client, "follow", one, targetId=thread, level="MUTED")
    assert again["follow"]["id"] == first["follow"]["id"]
    assert await seen(client, thread, one) == {"level": "MUTED", "reason": "MANUAL"}
    assert (await write(client, "unfollow", one, targetId=thread))["replayed"] is False
    assert await seen(client, thread, one) is None
    assert (await write(client, "unfollow", one, targetId=thread))["replayed"] is True


async def test_the_list_is_paged_newest_first(client: Client, handles: tuple[str, ...]):
    one, other, _ = handles
    user = (await client.data("query ($h: String!) { user(handle: $h) { id } }", h=other))["user"]["id"]
    thread = await thread_id(client)
    for target in (thread, user):
        await write(client, "follow", one, targetId=target, level="DIGEST")
    page = (await client.data(OWN, one))["viewer"]["follows"]
    assert [node["target"]["__typename"] for node in page["nodes"]] == ["User"]
    assert page["pageInfo"]["hasNextPage"]
    rest = OWN.replace("first: 1", f'first: 1, after: "{page["pageInfo"]["endCursor"]}"')
    assert [n["target"]["id"] for n in (await client.data(rest, one))["viewer"]["follows"]["nodes"]] == [thread]


@pytest.mark.parametrize("until", ["2001-01-01T00:00:00Z"])
async def test_a_pause_lies_ahead(client: Client, handles: tuple[str, ...], until: str):
    thread = await thread_id(client)
    error = await refused(client, "follow", handles[0], targetId=thread, level="ALL", mutedUntil=until)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "mutedUntil"])


async def test_what_is_absent_or_oneself_is_not_followed(client: Client, handles: tuple[str, ...]):
    one, _, _ = handles
    own = (await client.data("{ viewer { user { id } } }", one))["viewer"]["user"]["id"]
    assert (await refused(client, "follow", one, targetId=own, level="ALL"))["code"] == "INVALID"
    absent = to_global("Thread", 5)
    assert (await refused(client, "follow", one, targetId=absent, level="ALL"))["code"] == "NOT_FOUND"
    body = await send(client, "follow", None, targetId=absent, level="ALL")
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
