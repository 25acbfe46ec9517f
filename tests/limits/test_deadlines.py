import asyncio

import pytest

from hub.limits.deadlines import Deadlines


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_what_misses_its_deadline_is_ended_and_nothing_else() -> None:
    deadlines = Deadlines()

    async def work(seconds: float) -> str:
        with deadlines.timeout_at(soon(seconds)):
            await asyncio.sleep(0.05)
        return "done"

    # The later ones first, then one before them, so that the timer has to be set anew in both ways.
    outcomes = await asyncio.gather(work(5), work(0.01), work(0), work(0.02), work(9), return_exceptions=True)
    assert [type(one) for one in outcomes] == [str, TimeoutError, TimeoutError, TimeoutError, str]


async def test_deadlines_are_called_in_time_whatever_was_taken_back_before() -> None:
    deadlines, called = Deadlines(), list[int]()
    first = deadlines.call_at(soon(0.01), lambda: called.append(1))
    deadlines.call_at(soon(0.02), lambda: called.append(2))
    first.cancel()
    await asyncio.sleep(0.05)
    deadlines.call_at(soon(0.01), lambda: called.append(3))
    await asyncio.sleep(0.03)
    assert called == [2, 3]


async def test_who_is_cancelled_by_another_is_not_late() -> None:
    deadlines = Deadlines()

    async def work() -> None:
        with deadlines.timeout_at(soon(5)):
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_is_late_goes_on_as_one_that_nobody_cancelled() -> None:
    deadlines = Deadlines()
    with pytest.raises(TimeoutError):
        with deadlines.timeout_at(soon(0)):
            await asyncio.sleep(5)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
