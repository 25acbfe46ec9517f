"""Topics that were read become threads: once, whole, frozen, with their own times, numbers and trees."""

import asyncio

import pytest

from hub.archive.discourse.records import Damage
from hub.archive.discourse.topics import read_topics
from hub.archive.importing import import_topics
from hub.live.backend import Backend
from hub.users.commands import add_person
from tests.archive.test_discourse_reader import REAL, a_post, a_topic, read
from tests.client import Client

THREAD = """query ($slug: String!) { thread(slug: $slug) {
    title createdAt lastActivityAt viewCount { value } tags commentCount { value } body { source html }
    author { handle displayName status legacy { system legacyId } } category { slug archive { archivedAt } threadCount { value } }
    archive { archivedAt reason banner } commenting { mode } legacy { system legacyId legacyUrl } reactions { kind count }
    comments(first: 50, rootOnly: false) { nodes { number depth createdAt editedAt parent { number } root { number }
        replyCount body { source } author { handle } status byStaff reactions { kind count } legacy { legacyUrl } } } } }"""
PAGE = "query ($after: String) { threads(first: 7, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"


async def imported(backend: Backend, topics) -> tuple[int, int, int, int, list[Damage]]:
    told = [
        (summary.threads, summary.comments, summary.people, summary.known, summary.damages)
        async for summary in import_topics(backend.database, topics)
    ]
    return told[-1]


async def test_a_topic_becomes_a_frozen_thread_with_its_tree(backend, tmp_path):
    likes = [{"id": 2, "count": 3}]
    posts = [
        a_post(1, actions_summary=likes),
        a_post(2, user_id=43, username="bob", name="Bob"),
        a_post(4, reply_to_post_number=2, version=2),
        a_post(5, reply_to_post_number=4, actions_summary=likes, moderator=True),
        a_post(6, reply_to_post_number=1),
    ]
    await imported(backend, read(tmp_path, a_topic(*posts, tags=["towing"])))
    thread = (await Client(backend).data(THREAD, slug="how-to-tow"))["thread"]
    comments = thread.pop("comments")["nodes"]
    assert thread["archive"]["archivedAt"] is not None
    assert thread["commenting"]["mode"] == "ARCHIVED"
    assert thread["category"]["archive"] is not None
    assert thread["category"]["threadCount"] == {"value": 1}
    assert (thread["title"], thread["viewCount"]["value"], thread["tags"]) == ("How to <tow>", 549, ["towing"])
    assert thread["createdAt"] == "2021-07-10T15:33:01.830Z"
    assert thread["lastActivityAt"] == "2021-07-10T15:33:06.830Z"
    assert thread["legacy"] == {
        "system": "forum.example",
        "legacyId": "7",
        "legacyUrl": "https://forum.example/t/how-to-tow/7",
    }
    assert thread["author"] == {
        "handle": "ann",
        "displayName": "Ann Example",
        "status": "LEGACY_STUB",
        "legacy": {"system": "forum.example", "legacyId": "42"},
    }
    assert thread["reactions"] == [{"kind": "like", "count": 3}]
    assert thread["commentCount"] == {"value": 4}
    tree = [(c["number"], c["parent"] and c["parent"]["number"], c["depth"], c["replyCount"]) for c in comments]
    assert tree == [(2, None, 0, 1), (4, 2, 1, 1), (5, 4, 2, 0), (6, None, 0, 0)]
    assert comments[2]["root"] == {"number": 2}
    assert [c["author"]["handle"] for c in comments] == ["bob", "ann", "ann", "ann"]
    assert comments[1]["editedAt"] == "2021-07-11T18:10:43.578Z"
    assert comments[2]["byStaff"] is True
    assert comments[2]["reactions"] == [{"kind": "like", "count": 3}]
    assert comments[0]["legacy"]["legacyUrl"] == "https://forum.example/t/how-to-tow/7/2"


async def test_importing_again_brings_nothing_twice(backend, tmp_path):
    topics = read(tmp_path, a_topic(a_post(1), a_post(2)))
    assert await imported(backend, topics) == (1, 1, 1, 0, [])
    assert await imported(backend, topics) == (0, 0, 0, 1, [])
    counted = await backend.database.fetch("select thread_count from categories")
    assert counted == [{"thread_count": 1}]


async def test_two_imports_at_once_bring_each_topic_once(backend, tmp_path):
    topics = [a_topic(a_post(1, id=2 * n), a_post(2, id=2 * n + 1), id=n, slug=f"t{n}") for n in range(1, 9)]
    found = read(tmp_path, *topics)
    first, second = await asyncio.gather(imported(backend, found), imported(backend, found))
    assert first[0] + second[0] == 8
    rows = await backend.database.fetch("select count(*) as threads, count(distinct legacy_id) as topics from threads")
    assert rows == [{"threads": 8, "topics": 8}]


async def test_a_damaged_file_is_told_by_name_and_the_rest_goes_in(backend, tmp_path):
    told = await imported(backend, read(tmp_path, b"{", a_topic(a_post(1))))
    assert told[0] == 1
    assert [damage.file for damage in told[4]] == ["0.json"]


async def test_slugs_and_handles_that_are_taken_get_a_number(backend, tmp_path):
    await add_person(backend.database, handle="Ann", name="Ann of here")
    topics = [a_topic(a_post(1, id=number), id=number) for number in (1, 2)]
    await imported(backend, read(tmp_path, *topics))
    slugs = await backend.database.fetch("select slug from threads order by slug")
    assert slugs == [{"slug": "how-to-tow-1"}, {"slug": "how-to-tow-2"}]
    handles = await backend.database.fetch("select handle from users where status = 'LEGACY_STUB'")
    assert handles == [{"handle": "ann-2"}]


async def test_hidden_deleted_and_unlisted_content_is_not_published(backend, tmp_path):
    posts = [a_post(1), a_post(2, hidden=True), a_post(3, deleted_at="2021-07-11T18:10:43.578Z")]
    await imported(backend, read(tmp_path, a_topic(*posts, visible=False)))
    client = Client(backend)
    assert (await client.data("{ threads { nodes { slug } } }"))["threads"]["nodes"] == []
    thread = (await client.data(THREAD, slug="how-to-tow"))["thread"]
    assert thread["commentCount"] == {"value": 0}
    shown = [(comment["status"], comment["body"], comment["author"]) for comment in thread["comments"]["nodes"]]
    assert shown == [("HIDDEN", None, None), ("REMOVED", None, None)]


async def test_an_imported_thread_takes_no_comments_and_tells_nobody(story, tmp_path):
    await imported(story, read(tmp_path, a_topic(a_post(1))))
    assert await story.database.fetch("select * from log") == []
    client = Client(story)
    thread_id = (await client.data('{ thread(slug: "how-to-tow") { id } }'))["thread"]["id"]
    add = """mutation ($s: ID!) { addComment(input: {subjectId: $s, body: "me too", idempotencyKey: "k"}) {
        comment { id } errors { __typename code } } }"""
    answer = (await client.data(add, "ines", s=thread_id))["addComment"]
    assert answer == {"comment": None, "errors": [{"__typename": "FrozenError", "code": "ARCHIVED"}]}


@pytest.mark.skipif(not REAL.exists(), reason="the forum archive is not beside the repository")
async def test_the_real_forum_is_paged_through_without_loss_or_repeat_while_others_write(story):
    threads, comments, people, known, damages = await imported(story, read_topics(REAL))
    assert (threads, comments, people, known, damages) == (302, 1_817, 239, 0, [])
    client = Client(story)
    before = {row["id"] for row in await story.database.fetch("select id from threads where legacy_id is not null")}
    talk = (await client.data("{ threads(filter: {archived: false}) { nodes { id } } }"))["threads"]["nodes"]
    seen: list[str] = []
    after = None
    for turn in range(100):
        page = (await client.data(PAGE, after=after))["threads"]
        seen += [node["id"] for node in page["nodes"]]
        add = """mutation ($s: ID!, $k: ID!) { addComment(input: {subjectId: $s, body: "meanwhile", idempotencyKey: $k}) {
            errors { code } } }"""
        written = await client.data(add, "ines", s=talk[turn % len(talk)]["id"], k=str(turn))
        assert written["addComment"]["errors"] == []
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen))
    rows = [
        await client.data(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Thread { legacy { legacyId } } } }",
            ids=seen[i : i + 100],
        )
        for i in range(0, len(seen), 100)
    ]
    imports = [node for row in rows for node in row["nodes"] if node["legacy"]]
    assert len(imports) == len(before) == 302
