import asyncio

from hub.web.sockets.send_watch import SendWatch


async def test_a_send_that_takes_too_long_is_told_once():
    late = asyncio.Event()
    watch = SendWatch(0.01, late.set)
    watch.begin()
    async with asyncio.timeout(5):
        await late.wait()


async def test_sends_that_end_in_time_are_not():
    calls: list[None] = []
    watch = SendWatch(0.02, lambda: calls.append(None))
    for _ in range(20):
        watch.begin()
        await asyncio.sleep(0.005)
        watch.done()
    await asyncio.sleep(0.05)
    watch.begin()
    watch.stop()
    assert calls == []
