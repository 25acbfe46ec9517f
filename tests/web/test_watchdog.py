"""A turn that holds the event loop shows in the numbers of the process."""

import asyncio
import time

from prometheus_client import REGISTRY

from hub.web.watchdog import INTERVAL, LONG, Watchdog


def number(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def test_a_turn_that_holds_the_loop_is_counted_and_the_longest_one_is_kept():
    before = number("hub_loop_blocks_total")
    watchdog = Watchdog()
    watchdog.start()
    await asyncio.sleep(0)
    for seconds in (4 * LONG, 2 * LONG):
        time.sleep(seconds)  # noqa: ASYNC251 - that is what must not happen
        await asyncio.sleep(INTERVAL)  # its timer is due before
    watchdog.stop()
    assert watchdog.blocks >= 2
    assert number("hub_loop_blocks_total") - before == watchdog.blocks
    assert watchdog.longest >= 3 * LONG
    assert number("hub_loop_longest_block_seconds") >= 3 * LONG


async def test_a_loop_that_only_waits_is_not_blocked():
    watchdog = Watchdog()
    watchdog.start()
    loop = asyncio.get_running_loop()
    assert watchdog._timer is not None
    assert watchdog._timer.when() <= loop.time() + LONG
    watchdog.stop()
    assert watchdog._timer.cancelled()
