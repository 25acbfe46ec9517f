"""Following an action: numbers, milestones and states, in order and once each, to those who may see its post."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from hub.actions.standing import tell_states
from hub.actions.tallying import keep, tally
from hub.graph.documents import BadDocument
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.instants import now
from tests.actions.acting import a_post, an_action, sign
from tests.client import Client
from tests.conftest import viewer_of

STREAM = """subscription ($id: ID!, $after: LiveCursor) { actionStream(actionId: $id, after: $after) { __typename
    ... on Change { cursor } ... on CaughtUp { replayed }
    ... on ActionTallied { tally { value asOf } pledged milestone { at label } state } } }"""
CURSOR = "query ($id: ID!) { node(id: $id) { ... on Action { liveCursor tally { value } } } }"


@asynccontextmanager
async def following(
    backend: Backend, action_id: int, handle: str | None = None, after: str | None = None
) -> AsyncIterator[Any]:
    client = Client(backend)
    async with client.listen(STREAM, handle, id=to_global("Action", action_id), after=after) as answers:

        async def change() -> dict[str, Any]:
            return (await asyncio.wait_for(anext(answers), 5))["data"]["actionStream"]

        yield change


async def signs(backend: Backend, action_id: int, *handles: str) -> None:
    for handle in handles:
        await sign(backend, await viewer_of(backend, handle), action_id)
    await tally(backend.database, 100, backend.relay.tell)


async def states(backend: Backend) -> int:
    return await tell_states(backend.database, backend.relay.tell)


def said(change: dict[str, Any]) -> tuple[Any, ...]:
    mark = change["milestone"]
    return change["tally"]["value"], mark and mark["label"], change["state"]


async def test_a_follower_hears_of_numbers_milestones_and_states(story: Backend) -> None:
    action_id = await an_action(story, milestones=[(2, "Two"), (3, "Three")], goal=3)
    assert await states(story) == 1
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await signs(story, action_id, "ines")
        assert said(await change()) == (1, None, "OPEN")
        await signs(story, action_id, "jonas", "bea")
        assert [said(await change()) for _ in range(3)] == [
            (3, None, "GOAL_REACHED"),
            (3, "Two", "GOAL_REACHED"),
            (3, "Three", "GOAL_REACHED"),
        ]
        assert await states(story) == 1
        assert said(await change()) == (3, None, "GOAL_REACHED")
        await an_action(story, paused=True, goal=3)
        assert await states(story) == 1
        assert said(await change()) == (3, None, "PAUSED")
        assert await states(story) == 0


async def test_what_the_clock_ends_is_told_too(story: Backend) -> None:
    action_id = await an_action(story, closes_at=now() + timedelta(milliseconds=300))
    await states(story)
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await asyncio.sleep(0.4)
        await states(story)
        assert said(await change()) == (0, None, "CLOSED")


async def test_what_the_post_ends_is_told_too(story: Backend) -> None:
    action_id = await an_action(story)
    await states(story)
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await story.database.write(
            "update subjects set frozen_at = {now} where id = {as_id post}", {"post": await a_post(story)}
        )
        await states(story)
        assert said(await change()) == (0, None, "CLOSED")


async def test_what_was_handed_over_is_told_and_takes_nobody(story: Backend) -> None:
    action_id = await an_action(story, goal=1)
    await signs(story, action_id, "ines")
    await states(story)
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await an_action(story, goal=1, delivered_at=now(), closes_at=now())
        assert await states(story) == 1
        assert said(await change()) == (1, None, "DELIVERED")
        with pytest.raises(Refusal) as caught:
            await sign(story, await viewer_of(story, "jonas"), action_id)
        assert caught.value.code == ErrorCode.CLOSED
        assert await states(story) == 0
        await an_action(story, goal=1)
        assert await states(story) == 1
        assert said(await change()) == (1, None, "GOAL_REACHED")


async def test_what_ended_with_its_post_is_looked_at_now_and_then(story: Backend) -> None:
    action_id, given = await an_action(story), {"post": await a_post(story)}
    frozen = "update subjects set frozen_at = {} where id = {{as_id post}}"
    await story.database.write(frozen.format("{now}"), given)
    await states(story)
    await story.database.write(frozen.format("null"), given)
    assert await states(story) == 0
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        assert await tell_states(story.database, story.relay.tell, ended=True) == 1
        assert said(await change()) == (0, None, "OPEN")


async def test_who_comes_back_with_a_cursor_misses_no_number(story: Backend) -> None:
    action_id = await an_action(story)
    await states(story)
    page = (await Client(story).data(CURSOR, None, id=to_global("Action", action_id)))["node"]
    for handle in ("ines", "jonas"):
        await signs(story, action_id, handle)
    async with following(story, action_id, after=page["liveCursor"]) as change:
        first, second, caught_up = [await change() for _ in range(3)]
    assert [said(first), said(second)] == [(1, None, "OPEN"), (2, None, "OPEN")]
    assert first["tally"]["asOf"] <= second["tally"]["asOf"]
    assert caught_up["replayed"] == 2
    async with following(story, action_id, after=first["cursor"]) as change:
        assert said(await change()) == (2, None, "OPEN")


async def test_many_processes_tell_each_thing_once(story: Backend) -> None:
    action_id = await an_action(story, milestones=[(2, "Two")])
    others = [await Backend.open(story.settings) for _ in range(2)]
    quick = story.settings.model_copy(update={"tally_interval": 0.02})
    keepers = [asyncio.create_task(keep(one.database, quick, one.relay.tell)) for one in (story, *others)]
    try:
        async with following(story, action_id, after=None) as change:
            assert (await change())["__typename"] == "CaughtUp"
            for handle in ("ines", "jonas", "bea"):
                await sign(story, await viewer_of(story, handle), action_id)
            told: list[tuple[Any, ...]] = []
            while not told or max(value for value, *_ in told) < 3:
                told.append(said(await change()))
            await asyncio.sleep(0.3)
    finally:
        for task in keepers:
            task.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        for other in others:
            await other.close()
    rows = await story.database.fetch(
        "select kind, ref_id from log where stream_id = {as_id id} order by seq", {"id": action_id}
    )
    numbers = [row["ref_id"] for row in rows if row["kind"] == "action_tallied"]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 3
    assert [row["kind"] for row in rows].count("milestone_reached") == 1
    assert [row["kind"] for row in rows].count("action_state") == 1


async def refusal(backend: Backend, action_id: int, handle: str | None, after: str | None = None) -> str:
    try:
        async with following(backend, action_id, handle, after) as change:
            body = await change()
    except BadDocument as bad:
        return bad.errors[0]["extensions"]["code"]
    return body["__typename"]


async def test_only_who_sees_the_post_follows_its_action(story: Backend) -> None:
    action_id = await an_action(story)
    given = {"post": await a_post(story)}
    await story.database.write("update subjects set visibility = 'MEMBERS' where id = {as_id post}", given)
    assert await refusal(story, action_id, None) == "NOT_FOUND"
    assert await refusal(story, action_id, "ines") == "CaughtUp"
    assert await refusal(story, 2**50, "ines") == "NOT_FOUND"
    await story.database.write("update subjects set visibility = 'PRIVATE' where id = {as_id post}", given)
    assert await refusal(story, action_id, "ines") == "NOT_FOUND"


async def test_who_may_see_the_post_no_longer_hears_nothing_more(story: Backend) -> None:
    action_id = await an_action(story)
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await story.database.write(
            "update subjects set visibility = 'PRIVATE' where id = {as_id post}", {"post": await a_post(story)}
        )
        await signs(story, action_id, "mara")
        with pytest.raises(BadDocument):
            await change()


async def test_a_cursor_of_another_stream_is_refused(story: Backend) -> None:
    action_id = await an_action(story)
    post = await Client(story).data('{ post(slug: "welcome") { liveCursor } }')
    assert await refusal(story, action_id, None, post["post"]["liveCursor"]) == "INVALID"
