"""Many who take part at once read the action together, and nobody is shown what only another may see."""

import asyncio
from typing import Any

import pytest

from hub.actions import reading
from hub.actions.reading import asking
from hub.live.backend import Backend
from hub.store.audience import Standing, Viewer
from tests.actions.acting import an_action, sign
from tests.conftest import viewer_of

PEOPLE = ("ines", "jonas", "bea", "yuki", "hank")


async def members(backend: Backend) -> list[Viewer]:
    """People who are in no club, so that they may see the same."""
    ids = [(await viewer_of(backend, handle)).user_id for handle in PEOPLE]
    return [Viewer(user_id=one, standing=Standing.MEMBER) for one in ids]


async def test_many_at_once_read_the_action_once_and_are_written_together(story: Backend) -> None:
    action_id = await an_action(story)
    people = await members(story)
    async with story.database.watching() as log:
        await asyncio.gather(*(sign(story, viewer, action_id) for viewer in people))
    assert sum("from actions t" in statement for statement in log.statements) == 1
    assert sum("insert into participations" in statement for statement in log.statements) == 1


async def test_whom_only_a_row_of_their_own_lets_in_shares_it_with_nobody(story: Backend) -> None:
    action_id = await an_action(story)
    ines, jonas, *_ = await members(story)
    await story.database.write(
        "update subjects set visibility = 'CLUB', club_id = null, author_id = {as_id author}"
        " where id = (select post_id from actions where id = {as_id action})",
        {"author": ines.user_id, "action": action_id},
    )
    found = await asyncio.gather(*(asking(story, viewer, action_id) for viewer in (jonas, ines, jonas, ines)))
    assert [one is not None for one in found] == [False, True, False, True]


async def test_what_was_changed_before_a_caller_came_is_what_the_caller_reads(
    story: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_id = await an_action(story)
    ines, jonas, *_ = await members(story)
    read, gone_out, back = reading._read, asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> Any:
        answer = await read(*given)
        gone_out.set()
        await back.wait()
        return answer

    monkeypatch.setattr(reading, "_read", slowly)
    first = asyncio.create_task(asking(story, ines, action_id))
    await gone_out.wait()
    await story.database.write("update actions set paused = true where id = {as_id id}", {"id": action_id})
    second = asyncio.create_task(asking(story, jonas, action_id))
    await asyncio.sleep(0)
    back.set()
    states = [found.action["state"] for found in await asyncio.gather(first, second) if found]
    assert states == ["OPEN", "PAUSED"]
