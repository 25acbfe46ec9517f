"""What apps use: added up by the hour over all processes, bounded, and kept when the database is away for a while."""

import asyncio
from datetime import timedelta

from hub.limits.usage import Usage
from hub.store.instants import now

HOUR = timedelta(hours=1)


async def lately(usage: Usage, app_id: int = 7):
    return dict(await usage.of(app_id, now() - HOUR, now() + HOUR))


async def test_two_processes_add_up_and_apps_are_apart(database):
    one, two = Usage(database), Usage(database)
    for usage in (one, two, one):
        usage.note(7, {"requests": 1, "cost": 40})
    one.note(8, {"requests": 1, "deprecated:Post.tags": 1})
    await asyncio.gather(one.write(), two.write())
    two.note(7, {"requests": 1, "throttled": 1})
    await one.close()
    await two.close()
    assert await lately(one) == {"requests": 4, "cost": 120, "throttled": 1}
    assert await lately(one, 8) == {"requests": 1, "deprecated:Post.tags": 1}
    assert dict(await one.of(7, now() - 3 * HOUR, now() - 2 * HOUR)) == {}


async def test_it_is_written_by_itself(database, monkeypatch):
    monkeypatch.setattr("hub.limits.usage._BREATH_SECONDS", 0.01)
    usage = Usage(database)
    usage.note(7, {"requests": 1})
    async with asyncio.timeout(5):
        await usage._writer
    assert await lately(usage) == {"requests": 1}
    usage.note(7, {"requests": 1})
    async with asyncio.timeout(5):
        await usage._writer
    assert await lately(usage) == {"requests": 2}


async def test_what_could_not_be_written_is_written_with_the_next(database, monkeypatch):
    usage = Usage(database)
    usage.note(7, {"requests": 2})

    async def away(*_: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", away)
        await usage.write()
    usage.note(7, {"requests": 3})
    await usage.close()
    assert await lately(usage) == {"requests": 5}


async def test_no_more_counts_wait_than_may(database, monkeypatch):
    monkeypatch.setattr("hub.limits.usage._MOST_COUNTED", 3)
    usage = Usage(database)
    for app_id in range(10):
        usage.note(app_id, {"requests": 1})
    usage.note(0, {"requests": 1})
    await usage.close()
    assert [await lately(usage, app_id) for app_id in (0, 2, 3)] == [{"requests": 2}, {"requests": 1}, {}]


async def test_old_hours_are_dropped(database):
    usage = Usage(database)
    usage.note(7, {"requests": 1})
    await usage.close()
    await usage.prune(now() - 2 * HOUR)
    assert await lately(usage) == {"requests": 1}
    await usage.prune(now() + HOUR)
    assert await lately(usage) == {}
