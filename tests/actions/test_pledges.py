"""What people promise: by how much each, and the sum that the tally says, which goes down again."""

import asyncio
from typing import Any

import pytest

from hub.actions.commands import saving, writing
from hub.actions.commands.asking import Pledge
from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import Recounted, recount, tally
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.chain import Chain
from hub.store.database import Database, Record, Transaction
from tests.actions.acting import an_action, parts_of, sign
from tests.actions.test_stream import following, states
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import refused, write

DOLLARS = Pledge("MONEY", "USD", goal=100)
PLEDGED = {"ines": 20, "jonas": 50, "bea": 30}
LOOK = """query ($id: ID!) { node(id: $id) { ... on Action { state
    pledge { unit currency goal sum { value precision } } tally { value } viewerParticipation { amount }
    recentPublic { amount } } } }"""


async def pledges(backend: Backend, pledge: Pledge = DOLLARS, **asked: Any) -> int:
    return await an_action(backend, kind="PLEDGE", pledge=pledge, **asked)


async def pledged(backend: Backend) -> tuple[int, dict[str, int]]:
    action_id = await pledges(backend)
    took = {
        handle: (await sign(backend, await viewer_of(backend, handle), action_id, amount=amount, display_name="A")).id
        for handle, amount in PLEDGED.items()
    }
    await tally(backend.database, 2)
    await tally(backend.database, 100)
    return action_id, took


async def sum_of(backend: Backend, action_id: int) -> int:
    (row,) = await backend.database.fetch("select pledged from action_tallies where id = {as_id id}", {"id": action_id})
    return row["pledged"]


async def seen(client: Client, action_id: int, handle: str | None) -> Any:
    """Asked twice: executed, and planned."""
    first, again = [(await client.data(LOOK, handle, id=to_global("Action", action_id)))["node"] for _ in range(2)]
    assert first == again
    return first


async def test_the_sum_is_counted_with_the_people_and_reaches_its_goal(story: Backend) -> None:
    action_id, _ = await pledged(story)
    shown = await seen(Client(story), action_id, "ines")
    assert shown["pledge"] == {
        "unit": "MONEY",
        "currency": "USD",
        "goal": 100,
        "sum": {"value": 100, "precision": "EXACT"},
    }
    assert (shown["state"], shown["tally"]["value"], shown["viewerParticipation"]) == (
        "GOAL_REACHED",
        3,
        {"amount": 20},
    )
    for handle, amounts in ((None, [None] * 3), ("jonas", [None, 50, None]), ("mara", [30, 50, 20])):
        assert [one["amount"] for one in (await seen(Client(story), action_id, handle))["recentPublic"]] == amounts


async def test_it_goes_down_when_one_withdraws_or_is_struck_out(story: Backend) -> None:
    action_id, took = await pledged(story)
    await withdraw(story, await viewer_of(story, "jonas"), participation_id=took["jonas"])
    await tally(story.database, 100)
    assert await sum_of(story, action_id) == 50
    await story.database.write("update participations set status = 'INVALIDATED' where amount = 30", {})
    await tally(story.database, 100)
    assert await sum_of(story, action_id) == 20
    assert (await seen(Client(story), action_id, None))["state"] == "OPEN"


async def test_who_comes_back_promises_anew_once_the_old_amount_is_taken_out(story: Backend) -> None:
    action_id, took = await pledged(story)
    jonas = await viewer_of(story, "jonas")
    await withdraw(story, jonas, participation_id=took["jonas"])
    with pytest.raises(ThrottleRefusal):
        await sign(story, jonas, action_id, amount=70)
    await tally(story.database, 100)
    assert (await sign(story, jonas, action_id, amount=70)).id == took["jonas"]
    await tally(story.database, 100)
    assert await sum_of(story, action_id) == 120
    await withdraw(story, jonas, participation_id=took["jonas"])
    await sign(story, jonas, action_id, amount=70)
    assert await tally(story.database, 100) == 0
    assert await recount(story.database, action_id) == Recounted(action_id, 3, 3, 120, 120)


async def test_a_recount_mends_the_sum(story: Backend) -> None:
    action_id, _ = await pledged(story)
    await story.database.write("update action_tallies set pledged = 7 where id = {as_id id}", {"id": action_id})
    assert await recount(story.database, action_id) == Recounted(action_id, 3, 3, 7, 100)
    assert await sum_of(story, action_id) == 100


async def test_a_sum_too_large_to_show_is_said_to_be_at_least_so_much(story: Backend) -> None:
    action_id, _ = await pledged(story)
    await story.database.write(
        "update action_tallies set pledged = 3000000000 where id = {as_id id}", {"id": action_id}
    )
    shown = await seen(Client(story), action_id, None)
    assert shown["pledge"]["sum"] == {"value": 2**31 - 1, "precision": "CAPPED"}


async def test_followers_hear_of_the_sum(story: Backend) -> None:
    action_id = await pledges(story)
    await states(story)
    async with following(story, action_id) as change:
        assert (await change())["__typename"] == "CaughtUp"
        await sign(story, await viewer_of(story, "ines"), action_id, amount=7)
        await tally(story.database, 100, story.relay.tell)
        assert (await change())["pledged"] == 7


@pytest.mark.parametrize(
    ("amount", "code"), [(None, "REQUIRED"), (0, "INVALID"), (-5, "INVALID"), (1_000_001, "INVALID")]
)
async def test_an_amount_has_its_bounds(client: Client, amount: int | None, code: str) -> None:
    action = to_global("Action", await pledges(client.backend))
    error = await refused(client, "participate", "ines", actionId=action, consent=True, amount=amount)
    assert (error["code"], error["path"]) == (code, ["input", "amount"])


async def test_nothing_is_promised_where_nobody_asks_for_it(client: Client) -> None:
    action = to_global("Action", await an_action(client.backend))
    error = await refused(client, "participate", "ines", actionId=action, consent=True, amount=5)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "amount"])


async def test_the_unit_stays_once_somebody_promised(story: Backend) -> None:
    action_id = await pledges(story)
    assert await pledges(story, Pledge("HOURS")) == action_id
    assert await pledges(story, Pledge("HOURS", goal=7)) == action_id
    await sign(story, await viewer_of(story, "ines"), action_id, amount=5)
    await pledges(story, Pledge("HOURS", goal=9))
    for other in (DOLLARS, Pledge("MONEY", "EUR")):
        with pytest.raises(Refusal) as caught:
            await pledges(story, other)
        assert caught.value.code == ErrorCode.INVALID
    with pytest.raises(Refusal):
        await an_action(story)
    assert (await parts_of(story, action_id))[0]["amount"] == 5


async def test_the_goal_of_the_sum_and_the_one_of_people_are_two(client: Client) -> None:
    action_id = await pledges(client.backend, Pledge("HOURS", goal=10), goal=2)
    for handle, amount, state in (("ines", 3, "OPEN"), ("jonas", 3, "GOAL_REACHED")):
        await write(client, "participate", handle, actionId=to_global("Action", action_id), consent=True, amount=amount)
        await tally(client.backend.database, 100)
        assert (await seen(client, action_id, None))["state"] == state


class Halted:
    """A chain that has done its work and does not commit before it may."""

    def __init__(self, chain: Chain) -> None:
        self._chain, self.done, self.may = chain, asyncio.Event(), asyncio.Event()

    async def run(self, database: Database, given: dict[str, Any]) -> list[Record]:
        return await database.transact(lambda transaction: self.run_in(transaction, given))

    async def run_in(self, transaction: Transaction, given: dict[str, Any]) -> list[Record]:
        rows = await self._chain.run_in(transaction, given)
        self.done.set()
        await self.may.wait()
        return rows


HOURS = Pledge("HOURS")
WAIT = 0.3


async def test_who_promises_while_the_unit_is_changed_keeps_it(story: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    action_id, ines = await pledges(story), await viewer_of(story, "ines")
    halted = Halted(writing._TAKE_PART)
    monkeypatch.setattr(writing, "_TAKE_PART", halted)
    promise = asyncio.create_task(sign(story, ines, action_id, amount=5))
    await halted.done.wait()
    change = asyncio.create_task(pledges(story, HOURS))
    await asyncio.wait([change], timeout=WAIT)
    halted.may.set()
    await promise
    with pytest.raises(Refusal) as caught:
        await change
    assert caught.value.path == ("pledge",)


@pytest.mark.parametrize("back", [False, True])
async def test_who_promises_after_the_unit_was_changed_is_asked_anew(
    story: Backend, monkeypatch: pytest.MonkeyPatch, *, back: bool
) -> None:
    action_id, ines = await an_action(story), await viewer_of(story, "ines")
    if back:
        await withdraw(story, ines, participation_id=(await sign(story, ines, action_id)).id)
    await pledges(story)
    halted = Halted(saving._CHANGE)
    monkeypatch.setattr(saving, "_CHANGE", halted)
    change = asyncio.create_task(an_action(story))
    await halted.done.wait()
    promise = asyncio.create_task(sign(story, ines, action_id, amount=5))
    await asyncio.wait([promise], timeout=WAIT)
    halted.may.set()
    await change
    with pytest.raises(Refusal) as caught:
        await promise
    assert (caught.value.code, caught.value.path) == (ErrorCode.INVALID, ("amount",))
