import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from hub.live.broker import MemoryBroker, RedisBroker, open_broker
from hub.settings import Settings
from tests.conftest import BACKENDS, BROKER_URL, _ensure_services

NOWHERE = "redis://127.0.0.1:1/0"


class Ear:
    """Keeps what it is woken for."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self._news = asyncio.Event()

    def __call__(self, stream_id: int) -> None:
        self.heard.append(stream_id)
        self._news.set()

    async def until(self, enough: Callable[[list[int]], bool]) -> None:
        async with asyncio.timeout(10):
            while not enough(self.heard):
                self._news.clear()
                await self._news.wait()


async def listening(broker: RedisBroker, others: RedisBroker) -> Ear:
    """An ear at a broker whose subscription stands: it has heard another process."""
    ear = Ear()
    await broker.listen(ear)
    async with asyncio.timeout(10):
        while not ear.heard:
            others.publish([0])
            await asyncio.sleep(0.01)
    ear.heard.clear()
    return ear


@pytest.fixture
async def redis_brokers() -> AsyncIterator[tuple[RedisBroker, RedisBroker]]:
    if "scaled" not in BACKENDS:
        pytest.skip("needs Redis")
    await _ensure_services()
    prefix = f"hub_test_{uuid.uuid4().hex}"
    brokers = RedisBroker(BROKER_URL, prefix), RedisBroker(BROKER_URL, prefix)
    yield brokers
    for broker in brokers:
        await broker.close()


async def test_in_one_process_a_wake_up_is_a_call():
    broker, ear = MemoryBroker(), Ear()
    broker.publish([1])
    await broker.listen(ear)
    broker.publish([2, 2, 3])
    assert ear.heard == [2, 2, 3]
    await broker.ready()
    await broker.close()
    broker.publish([4])
    assert ear.heard == [2, 2, 3]


async def test_the_own_process_is_woken_directly_redis_or_not(redis_brokers):
    one, other = redis_brokers
    await other.listen(Ear())
    ear = await listening(one, other)
    one.publish([2**62, 7])
    assert [stream_id for stream_id in ear.heard if stream_id] == [2**62, 7]


async def test_what_one_process_publishes_the_other_hears(redis_brokers):
    one, other = redis_brokers
    await one.listen(Ear())
    ear = await listening(other, one)
    one.publish([2**62, 7])
    one.publish(range(10, 300))
    await ear.until(lambda heard: {2**62, 7, *range(10, 300)} <= set(heard))


async def test_other_words_on_the_channel_wake_nobody(redis_brokers):
    one, other = redis_brokers
    await one.listen(Ear())
    ear = await listening(other, one)
    for words in (b"garbage", b"-5 1.5 \xff\xfe", b""):
        await one._redis.publish(one._channel, words)
    one.publish([8])
    await ear.until(lambda heard: 8 in heard)
    assert set(ear.heard) <= {0, 8}


async def test_a_listener_that_loses_its_connection_listens_again(redis_brokers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hub.live.broker._RETRY_SECONDS", 0.01)
    one, other = redis_brokers
    await one.listen(Ear())
    ear = await listening(other, one)
    for client in await one._redis.client_list(_type="pubsub"):
        await one._redis.client_kill(client["addr"])
    async with asyncio.timeout(10):
        while 9 not in ear.heard:
            one.publish([9])
            await asyncio.sleep(0.01)


async def test_prefixes_keep_hubs_apart(redis_brokers):
    one, other = redis_brokers
    stranger = RedisBroker(BROKER_URL, "hub_test_stranger")
    await one.listen(Ear())
    await stranger.listen(Ear())
    ear = await listening(other, one)
    stranger.publish([666])
    await asyncio.wait_for(stranger._redis.ping(), 5)
    one.publish([5])
    await ear.until(lambda heard: 5 in heard)
    assert 666 not in ear.heard
    await stranger.close()


async def test_without_redis_publishing_neither_fails_nor_waits_and_the_own_process_is_woken():
    broker, ear = RedisBroker(NOWHERE, "hub_test"), Ear()
    await broker.listen(ear)
    for n in range(100):
        broker.publish([n])
    assert ear.heard == list(range(100))
    with pytest.raises(Exception, match="127.0.0.1:1"):
        await broker.ready()
    async with asyncio.timeout(5):
        await broker.close()
    broker.publish([100])
    assert ear.heard == list(range(100))


@pytest.mark.parametrize("turns", range(0, 40, 2))
async def test_a_redis_broker_closes_at_any_moment_of_its_beginning(redis_brokers, turns: int):
    before = asyncio.all_tasks()
    broker, _ = redis_brokers
    await broker.listen(Ear())
    broker.publish([1])
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await broker.close()
    assert asyncio.all_tasks() == before


def test_the_url_chooses():
    assert isinstance(open_broker(Settings()), MemoryBroker)
