"""What comes into an inbox, once and grouped, and how it is read."""

import pytest

from hub.graph.ids import to_global
from hub.store.instants import now
from hub.users.commands import ban
from tests.client import Client
from tests.mutations import row_id, send, write
from tests.notifications.told import do_jobs, inbox, said, texts


@pytest.mark.parametrize("what", [{"all": True}, {"ids": [to_global("Notification", 1)]}], ids=["all", "some"])
async def test_nobody_has_no_inbox_to_read(client: Client, what: dict[str, object]):
    body = await send(client, "markNotificationsRead", None, **what)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_replies_to_one_comment_are_one_entry(client: Client, thread: str):
    first = await said(client, "otis", thread)
    for handle in ("wilma", "gerda", "gerda"):
        await said(client, handle, thread, parent=first)
    found = await inbox(client, "otis")
    entry, *rest = [node for node in found["notifications"]["nodes"] if node["target"]["id"] == first]
    assert rest == []
    assert (entry["kind"], entry["count"], entry["actorCount"], entry["readAt"]) == ("REPLY", 3, 2, None)
    assert [actor["handle"] for actor in entry["actors"]] == ["gerda", "wilma"]
    assert entry["text"] == "Gerda and 1 other wrote 3 replies to your comment."


async def test_who_writes_follows_and_is_told_of_others_alone(client: Client, thread: str):
    await said(client, "otis", thread)
    assert texts(await inbox(client, "wilma")) == ["Otis wrote in a thread that you follow."]
    assert texts(await inbox(client, "otis")) == []
    await said(client, "gerda", thread)
    assert texts(await inbox(client, "otis")) == ["Gerda wrote in a thread that you follow."]
    assert texts(await inbox(client, "wilma")) == ["Gerda and 1 other wrote 2 comments in a thread."]
    seen = await client.data(
        "query ($id: ID!) { node(id: $id) { ... on Thread { viewerFollow { reason } } } }", "otis", id=thread
    )
    assert seen["node"]["viewerFollow"] == {"reason": "COMMENTED"}


async def test_a_mention_reaches_whom_it_names_once(client: Client, thread: str):
    await said(client, "otis", thread, "Ask @Gerda, @gerda, `@otis` or @nobody-there.")
    assert texts(await inbox(client, "gerda")) == ["Otis mentioned you in a comment."]
    # Who follows is told of the mention, not of the comment too.
    await said(client, "otis", thread, "Ask @wilma.")
    assert texts(await inbox(client, "wilma")) == ["Otis wrote 2 comments in a thread."]


async def test_who_blocked_the_author_hears_nothing_of_them(client: Client, thread: str):
    otis = (await client.data('{ user(handle: "otis") { id } }'))["user"]["id"]
    await write(client, "blockUser", "gerda", userId=otis)
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    await said(client, "otis", thread, "Hear, @gerda!")
    assert texts(await inbox(client, "gerda")) == []


@pytest.mark.parametrize(
    ("level", "heard"),
    [("MUTED", 0), ("MENTIONS", 1), ("DIGEST", 2), ("ALL", 2)],
)
async def test_the_level_says_what_is_told(client: Client, thread: str, level: str, heard: int):
    await write(client, "follow", "gerda", targetId=thread, level=level)
    await said(client, "otis", thread)
    await said(client, "otis", thread, "And @gerda?")
    assert len(texts(await inbox(client, "gerda"))) == heard


async def test_a_pause_silences_until_it_ends(client: Client, thread: str):
    until = now().replace(year=now().year + 1).isoformat()
    await write(client, "follow", "gerda", targetId=thread, level="ALL", mutedUntil=until)
    await said(client, "otis", thread, "And @gerda?")
    assert texts(await inbox(client, "gerda")) == []
    await client.backend.database.write("update follows set muted_until = {now}")
    await said(client, "otis", thread)
    assert texts(await inbox(client, "gerda")) == ["Otis wrote in a thread that you follow."]


async def test_a_muted_person_is_not_heard(client: Client, thread: str):
    otis = (await client.data('{ user(handle: "otis") { id } }'))["user"]["id"]
    await write(client, "follow", "gerda", targetId=otis, level="MUTED")
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    await said(client, "otis", thread, "Hear, @gerda!")
    await said(client, "wilma", thread)
    assert texts(await inbox(client, "gerda")) == ["Wilma wrote in a thread that you follow."]


async def test_what_one_does_not_see_is_told_to_nobody(client: Client, thread: str):
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    await client.backend.database.write(
        "update subjects set visibility = 'PRIVATE' where id = :id", {"id": row_id(thread)}
    )
    await said(client, "wilma", thread, "Hear, @otis and @gerda!")
    assert texts(await inbox(client, "otis")) == []
    assert texts(await inbox(client, "gerda")) == []


async def test_what_was_told_hides_its_target_from_who_sees_it_no_more(client: Client, thread: str):
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    await said(client, "otis", thread)
    await do_jobs(client.backend)
    await client.backend.database.write(
        "update subjects set visibility = 'PRIVATE' where id = :id", {"id": row_id(thread)}
    )
    (entry,) = (await inbox(client, "gerda"))["notifications"]["nodes"]
    assert entry["target"] is None


async def test_what_was_taken_back_before_is_told_to_nobody(client: Client, thread: str):
    comment = await said(client, "otis", thread, "Hear, @gerda!")
    await write(client, "deleteComment", "otis", id=comment)
    assert texts(await inbox(client, "gerda")) == []
    assert texts(await inbox(client, "wilma")) == []


async def test_an_entry_that_was_read_begins_anew(client: Client, thread: str):
    await said(client, "otis", thread)
    before = await inbox(client, "wilma")
    (entry,) = before["notifications"]["nodes"]
    assert before["unread"] == {"notifications": 1}
    left = await write(client, "markNotificationsRead", "wilma", ids=[entry["id"]])
    assert left["unread"] == {"notifications": 0}
    (read,) = (await inbox(client, "wilma"))["notifications"]["nodes"]
    assert read["readAt"] is not None
    await said(client, "gerda", thread)
    after = await inbox(client, "wilma")
    (again,) = after["notifications"]["nodes"]
    assert (again["id"], again["count"], again["readAt"]) == (entry["id"], 1, None)
    assert after["unread"] == {"notifications": 1}


async def test_reading_all_leaves_nothing_unread(client: Client, thread: str):
    comments = [await said(client, "otis", thread, f"@gerda {n}") for n in range(3)]
    assert (await inbox(client, "gerda"))["unread"] == {"notifications": len(comments)}
    await write(client, "markNotificationsRead", "gerda", all=True)
    found = await inbox(client, "gerda")
    assert found["unread"] == {"notifications": 0}
    assert all(node["readAt"] for node in found["notifications"]["nodes"])
    await said(client, "otis", thread, "@gerda again")
    assert len(texts(await inbox(client, "gerda", unreadOnly=True))) == 1
    assert len(texts(await inbox(client, "gerda"))) == len(comments) + 1


async def test_the_inbox_is_paged_the_latest_first(client: Client, thread: str):
    for n in range(3):
        await said(client, "otis", thread, f"@gerda {n}")
    whole = [node["id"] for node in (await inbox(client, "gerda"))["notifications"]["nodes"]]
    page = (await inbox(client, "gerda", first=2))["notifications"]
    rest = (await inbox(client, "gerda", first=2, after=page["pageInfo"]["endCursor"]))["notifications"]
    assert [node["id"] for node in page["nodes"] + rest["nodes"]] == whole
    assert not rest["pageInfo"]["hasNextPage"]


async def test_an_entry_is_its_persons_alone(client: Client, thread: str):
    await said(client, "otis", thread)
    (entry,) = (await inbox(client, "wilma"))["notifications"]["nodes"]
    read = "query ($id: ID!) { node(id: $id) { ... on Notification { text actors { handle } } } }"
    assert (await client.data(read, "wilma", id=entry["id"]))["node"]["text"]
    assert (await client.data(read, "otis", id=entry["id"]))["node"] is None
    await write(client, "markNotificationsRead", "otis", ids=[entry["id"]])
    assert (await inbox(client, "wilma"))["unread"] == {"notifications": 1}


async def test_reading_names_entries_or_all(client: Client, handles: tuple[str, ...]):
    for given in ("{}", "{ ids: [], all: true }"):
        document = f"mutation {{ markNotificationsRead(input: {given}) {{ errors {{ code }} }} }}"
        answer = await client.data(document, handles[0])
        assert answer["markNotificationsRead"]["errors"] == [{"code": "INVALID"}]


async def test_who_is_banned_keeps_out_of_the_way(client: Client, thread: str):
    await ban(client.backend, "otis")
    await said(client, "wilma", thread, "@otis @gerda")
    await do_jobs(client.backend)
    rows = await client.backend.database.fetch("select user_id from notifications")
    assert len(rows) == 1
