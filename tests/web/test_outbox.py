import asyncio

import pytest

from hub.web.limits import Limits
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.outbox import Outbox


class Box(Outbox):
    """An outbox before a peer that takes `room` frames at once."""

    def __init__(self, limits: Limits, room: int = 0) -> None:
        super().__init__(limits, self._take_at_once)
        self.room = room
        self.pushed: list[bytes] = []

    def _take_at_once(self, frame: bytes) -> bool:
        if len(self.pushed) >= self.room:
            return False
        self.pushed.append(frame)
        return True


async def test_frames_come_out_in_order():
    outbox = Box(Limits())
    for frame in (b"a", b"b", b"c"):
        await outbox.put(frame)
    assert [await outbox.take() for _ in range(3)] == [b"a", b"b", b"c"]


async def test_who_takes_waits_for_a_frame():
    outbox = Box(Limits())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        taking = group.create_task(outbox.take())
        await outbox.put(b"a")
    assert taking.result() == b"a"


@pytest.mark.parametrize("limits", [Limits(queue_limit=2, send_deadline=5), Limits(queue_bytes=20, send_deadline=5)])
async def test_a_full_outbox_holds_back_all_who_put_and_loses_nothing(limits):
    outbox = Box(limits)

    async def put(name: str) -> None:
        for number in range(10):
            await outbox.put(f"{name} {number:08}".encode())

    async with asyncio.TaskGroup() as group:
        for name in "ab":
            group.create_task(put(name))
        taken = [await outbox.take() for _ in range(20)]
    assert sorted(taken) == [f"{name} {number:08}".encode() for name in "ab" for number in range(10)]


async def test_an_outbox_that_stays_full_ends_the_socket():
    outbox = Box(Limits(queue_limit=1, send_deadline=0.01))
    await outbox.put(b"a")
    with pytest.raises(Ending) as ending:
        await outbox.put(b"b")
    assert ending.value.code is CloseCode.TOO_SLOW


async def test_one_frame_may_be_larger_than_the_outbox():
    outbox = Box(Limits(queue_bytes=1))
    await outbox.put(b"long")
    assert await outbox.take() == b"long"


async def test_what_nothing_waits_before_goes_out_at_once():
    outbox = Box(Limits(queue_limit=2), room=2)
    assert [outbox.offer(frame) for frame in (b"a", b"b", b"c", b"d", b"e")] == [True, True, True, True, False]
    assert outbox.pushed == [b"a", b"b"]
    assert [await outbox.take(), await outbox.take()] == [b"c", b"d"]


async def test_nothing_overtakes_what_is_being_sent():
    outbox = Box(Limits(), room=1)
    for frame in (b"a", b"b"):
        assert outbox.offer(frame)
    assert await outbox.take() == b"b"
    outbox.room = 9
    assert outbox.offer(b"c")
    assert outbox.pushed == [b"a"]
    assert await outbox.take() == b"c"
