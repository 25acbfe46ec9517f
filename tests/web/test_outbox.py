import asyncio

import pytest

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.outbox import Outbox


async def test_frames_come_out_in_order():
    outbox = Outbox(Limits())
    for frame in "abc":
        await outbox.put(frame)
    assert [await outbox.take() for _ in range(3)] == ["a", "b", "c"]


async def test_who_takes_waits_for_a_frame():
    outbox = Outbox(Limits())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        taking = group.create_task(outbox.take())
        await outbox.put("a")
    assert taking.result() == "a"


@pytest.mark.parametrize("limits", [Limits(queue_limit=2, send_deadline=5), Limits(queue_bytes=20, send_deadline=5)])
async def test_a_full_outbox_holds_back_all_who_put_and_loses_nothing(limits):
    outbox = Outbox(limits)

    async def put(name: str) -> None:
        for number in range(10):
            await outbox.put(f"{name} {number:08}")

    async with asyncio.TaskGroup() as group:
        for name in "ab":
            group.create_task(put(name))
        taken = [await outbox.take() for _ in range(20)]
    assert sorted(taken) == [f"{name} {number:08}" for name in "ab" for number in range(10)]


async def test_an_outbox_that_stays_full_ends_the_socket():
    outbox = Outbox(Limits(queue_limit=1, send_deadline=0.01))
    await outbox.put("a")
    with pytest.raises(Ending) as ending:
        await outbox.put("b")
    assert ending.value.code is CloseCode.TOO_SLOW


async def test_one_frame_may_be_larger_than_the_outbox():
    outbox = Outbox(Limits(queue_bytes=1))
    await outbox.put("long")
    assert await outbox.take() == "long"
