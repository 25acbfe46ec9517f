"""Reactions: once for each person and kind, counted as they are, and judged like comments."""

import asyncio
from typing import Any

import pytest

from hub.demo.people import PEOPLE
from hub.graph.ids import to_global
from tests.client import Client
from tests.mutations import a_comment, a_thread, number, refused, row_id, send, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

HANDLES = [person.handle for person in PEOPLE]


async def rows(client: Client, target: str, kind: str) -> int:
    sql = "select count(*) as n from reactions where target_id = :id and kind = :kind"
    return await number(client.backend, sql, id=row_id(target), kind=kind)


async def react(client: Client, handle: str, target: str, kind: str = "like", *, on: bool = True) -> dict[str, Any]:
    return await write(client, "react", handle, targetId=target, kind=kind, on=on)


async def test_a_reaction_is_given_once_and_taken_back_once(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    tally = {"kind": "heart", "count": 1, "viewerReacted": True}
    given = [await react(shared, "hank", comment, "heart") for _ in range(3)]
    assert [payload["replayed"] for payload in given] == [False, True, True]
    assert [payload["target"]["reactions"] for payload in given] == [[tally]] * 3
    taken = [await react(shared, "hank", comment, "heart", on=False) for _ in range(3)]
    assert [payload["replayed"] for payload in taken] == [False, True, True]
    assert [payload["target"]["reactions"] for payload in taken] == [[]] * 3
    assert await rows(shared, comment, "heart") == 0


async def test_one_person_gives_several_kinds(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    for kind in ("support", "like", "celebrate"):
        payload = await react(shared, "ines", comment, kind)
    assert [tally["kind"] for tally in payload["target"]["reactions"]] == ["celebrate", "like", "support"]


@pytest.mark.parametrize("noun", ["thread", "post", "comment"])
async def test_threads_posts_and_comments_take_reactions(shared: Client, noun: str) -> None:
    thread = await a_thread(shared)
    post = (await shared.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    target = {"thread": thread, "post": post, "comment": await a_comment(shared, "ines", thread)}[noun]
    payload = await react(shared, "bea", target, "celebrate")
    assert payload["target"] == {"id": target, "reactions": [{"kind": "celebrate", "count": 1, "viewerReacted": True}]}


async def test_many_at_once_are_counted_as_they_are(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    await asyncio.gather(*(shared.caller(handle) for handle in HANDLES))
    twice = await asyncio.gather(*(react(shared, handle, comment) for handle in HANDLES * 2))
    assert sorted(payload["replayed"] for payload in twice) == [False] * len(HANDLES) + [True] * len(HANDLES)
    (tally,) = (await react(shared, "ines", comment))["target"]["reactions"]
    assert tally["count"] == await rows(shared, comment, "like") == len(HANDLES)
    await asyncio.gather(
        *(react(shared, handle, comment, on=False) for handle in HANDLES[:9] * 2),
        *(react(shared, handle, comment, "heart") for handle in HANDLES[9:]),
    )
    tallies = (await react(shared, "ines", comment, "support"))["target"]["reactions"]
    kept = {tally["kind"]: tally["count"] for tally in tallies}
    assert kept == {"like": len(HANDLES) - 9, "heart": len(HANDLES) - 9, "support": 1}
    assert kept == {kind: await rows(shared, comment, kind) for kind in kept}


async def test_an_unknown_kind_is_refused_with_the_known_ones(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    for kind in ("", "LIKE", "like ", "dislike", "x" * 10_000):
        error = await refused(shared, "react", "ines", targetId=comment, kind=kind, on=True)
        assert (error["code"], error["path"]) == ("INVALID", ["input", "kind"])
        assert error["message"] == "A reaction is one of: like, heart, celebrate, support. Give one of these."


async def test_an_unknown_target_is_refused(shared: Client) -> None:
    thread = await a_thread(shared)
    event = (await shared.data('{ event(slug: "lincoln-capitol-day") { id } }'))["event"]["id"]
    for target, code in [
        *((to_global(noun, 2**60), "NOT_FOUND") for noun in ("Thread", "Post", "Comment")),
        (to_global("Post", row_id(thread)), "NOT_FOUND"),
        (to_global("Thread", row_id(event)), "NOT_FOUND"),
        (to_global("Comment", row_id(thread)), "NOT_FOUND"),
        (event, "INVALID"),
        (to_global("User", 1), "INVALID"),
        ("garbage", "INVALID"),
    ]:
        error = await refused(shared, "react", "ines", targetId=target, kind="like", on=True)
        assert (error["code"], error["path"]) == (code, ["input", "targetId"])


async def test_what_was_removed_takes_no_reactions(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    await write(shared, "deleteComment", "ines", id=comment)
    error = await refused(shared, "react", "hank", targetId=comment, kind="like", on=True)
    assert error["code"] == "CLOSED"


async def test_a_reaction_needs_a_login(shared: Client) -> None:
    comment = await a_comment(shared, "ines", await a_thread(shared))
    async with untouched(shared):
        body = await send(shared, "react", None, targetId=comment, kind="like", on=True)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_a_frozen_place_keeps_its_reactions(shared: Client) -> None:
    thread = await a_thread(shared)
    comment = await a_comment(shared, "ines", thread)
    await react(shared, "hank", comment)
    await shared.backend.database.write(
        "update subjects set frozen_at = {now}, state = state + 1 where id = :id", {"id": row_id(thread)}
    )
    for target in (thread, comment):
        for on in (True, False):
            error = await refused(shared, "react", "hank", targetId=target, kind="like", on=on)
            assert (error["__typename"], error["path"]) == ("FrozenError", ["input", "targetId"])
