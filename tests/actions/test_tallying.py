"""Tallies say what the rows say: each participation counts once, whoever counts."""

import asyncio

from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import Recounted, recount, recount_all, tally
from hub.live.backend import Backend
from tests.actions.acting import an_action, sign, tally_of
from tests.conftest import viewer_of

PEOPLE = {"ines": "NE", "jonas": "TX", "bea": "NE", "yuki": None, "hank": "IA"}


async def signed(backend: Backend) -> tuple[int, dict[str, int]]:
    action_id = await an_action(backend, milestones=[(2, "Two"), (5, "Five"), (6, "Six")])
    ids = {
        handle: (await sign(backend, await viewer_of(backend, handle), action_id, region=region)).id
        for handle, region in PEOPLE.items()
    }
    return action_id, ids


async def test_a_batch_counts_what_is_not_counted_by_region(story: Backend) -> None:
    action_id, _ = await signed(story)
    assert await tally_of(story, action_id) == (0, {})
    assert [await tally(story.database, 3) for _ in range(3)] == [3, 2, 0]
    assert await tally_of(story, action_id) == (5, {"NE": 2, "TX": 1, "IA": 1})


async def test_who_withdraws_is_counted_no_more(story: Backend) -> None:
    action_id, ids = await signed(story)
    await tally(story.database, 100)
    await withdraw(story, await viewer_of(story, "bea"), participation_id=ids["bea"])
    assert await tally(story.database, 100) == 1
    assert await tally_of(story, action_id) == (4, {"NE": 1, "TX": 1, "IA": 1})


async def test_who_came_and_went_between_two_batches_never_counts(story: Backend) -> None:
    action_id, ids = await signed(story)
    await withdraw(story, await viewer_of(story, "bea"), participation_id=ids["bea"])
    assert await tally(story.database, 100) == 4
    assert (await tally_of(story, action_id))[0] == 4


async def test_many_who_count_at_once_count_each_once(story: Backend) -> None:
    action_id, _ = await signed(story)
    others = [await Backend.open(story.settings) for _ in range(3)]
    try:
        await asyncio.gather(*(tally(side.database, 2) for side in (story, *others) * 4))
    finally:
        for other in others:
            await other.close()
    while await tally(story.database, 2):
        pass
    assert await tally_of(story, action_id) == (5, {"NE": 2, "TX": 1, "IA": 1})


async def test_a_paused_tally_stands_and_counts_all_afterwards(story: Backend) -> None:
    action_id, _ = await signed(story)
    await story.database.write("update action_tallies set paused = true", {})
    assert await tally(story.database, 100) == 0
    assert (await tally_of(story, action_id))[0] == 0
    await story.database.write("update action_tallies set paused = false", {})
    assert await tally(story.database, 100) == 5


async def test_a_milestone_is_reached_once_and_stays(story: Backend) -> None:
    action_id, ids = await signed(story)
    marks = f"select at, reached_at from action_milestones where action_id = {action_id} order by at"
    await tally(story.database, 100)
    first = await story.database.fetch(marks)
    assert [row["reached_at"] is not None for row in first] == [True, True, False]
    await withdraw(story, await viewer_of(story, "bea"), participation_id=ids["bea"])
    await tally(story.database, 100)
    assert await story.database.fetch(marks) == first
    assert (await tally_of(story, action_id))[0] == 4


async def test_a_milestone_that_is_left_out_is_gone_and_one_that_stays_stays_reached(story: Backend) -> None:
    action_id, _ = await signed(story)
    await tally(story.database, 100)
    marks = f"select at, reached_at from action_milestones where action_id = {action_id} order by at"
    two, *_ = await story.database.fetch(marks)
    assert await an_action(story, milestones=[(2, "Both"), (7, "Seven")]) == action_id
    stays, seven = await story.database.fetch(marks)
    assert stays == two
    assert (seven["at"], seven["reached_at"]) == (7, None)


async def test_a_recount_mends_what_is_wrong_and_changes_nothing_that_is_right(story: Backend) -> None:
    action_id, _ = await signed(story)
    await tally(story.database, 3)
    assert await recount(story.database, action_id) == Recounted(action_id, 3, 5)
    right = await tally_of(story, action_id)
    assert right == (5, {"NE": 2, "TX": 1, "IA": 1})
    assert all(one.before == one.after for one in await recount_all(story.database))
    given = {"id": action_id}
    await story.database.write("update action_tallies set value = 77 where id = {as_id id}", given)
    await story.database.write("update action_region_tallies set value = 77 where action_id = {as_id id}", given)
    await story.database.write(
        "update participations set counted = false where region = 'NE' and action_id = {as_id id}", given
    )
    assert Recounted(action_id, 77, 5) in await recount_all(story.database)
    assert await tally_of(story, action_id) == right
    assert await tally(story.database, 100) == 0


async def test_a_recount_changes_nothing_of_the_story(story: Backend) -> None:
    places = "select id, booked from action_shifts order by id"
    before = await story.database.fetch(places)
    found = await recount_all(story.database)
    assert [one for one in found if (one.before, one.pledged_before) != (one.after, one.pledged_after)] == []
    assert await story.database.fetch(places) == before
    assert sum(one.after for one in found) > 20
    assert {row["booked"] for row in before} == {1, 3}
