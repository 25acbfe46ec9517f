import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from hub.live.brokers import network
from hub.live.brokers.memory import MemoryBroker
from hub.live.brokers.network import NetworkBroker
from hub.live.brokers.opening import open_broker
from hub.live.brokers.postgres import PostgresBroker
from hub.live.brokers.redis import RedisBroker
from hub.settings import Settings
from tests.conftest import BACKENDS, BROKER_URL, DATABASE_URL, _admin, _ensure_services

Open = Callable[..., NetworkBroker]


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


async def listening(broker: NetworkBroker) -> Ear:
    """An ear at a broker whose subscription stands: it has heard somebody else."""
    ear, last = Ear(), 0
    await broker.listen(ear)
    async with asyncio.timeout(10):
        while not ear.heard:
            last += 1
            await say(broker, str(last))
            await asyncio.sleep(0.01)
    await ear.until(lambda heard: last in heard)
    ear.heard.clear()
    return ear


async def heard_again(ear: Ear, others: NetworkBroker, stream_id: int) -> None:
    async with asyncio.timeout(10):
        while stream_id not in ear.heard:
            others.publish([stream_id])
            await asyncio.sleep(0.01)


@pytest.fixture(params=["redis", "postgres"])
async def kind(request: pytest.FixtureRequest) -> str:
    if "scaled" not in BACKENDS:
        pytest.skip("needs Redis and PostgreSQL")
    await _ensure_services()
    return request.param


def broker_of(kind: str, prefix: str, *, away: bool = False) -> NetworkBroker:
    if kind == "redis":
        broker = RedisBroker("redis://127.0.0.1:1/0" if away else BROKER_URL, prefix)
        broker._redis.connection_pool.connection_kwargs["client_name"] = broker._name
        return broker
    url = "postgres://nobody@127.0.0.1:1/nowhere" if away else DATABASE_URL
    return PostgresBroker(Settings(database_url=url, broker_url="postgres", broker_prefix=prefix))


@pytest.fixture
async def open_one(kind: str) -> AsyncIterator[Open]:
    """Opens brokers of one hub, and closes them."""
    prefix, opened = f"hub_test_{uuid.uuid4().hex}", []

    def open_with(**changes: Any) -> NetworkBroker:
        opened.append(broker_of(kind, **{"prefix": prefix, **changes}))
        return opened[-1]

    yield open_with
    for broker in opened:
        await broker.close()


async def cut(broker: NetworkBroker) -> None:
    """End what the broker listens on, as a restart of the other side does."""
    if isinstance(broker, RedisBroker):
        for client in await broker._redis.client_list(_type="pubsub"):
            if client["name"] == broker._name:
                await broker._redis.client_kill(client["addr"])
    elif isinstance(broker, PostgresBroker) and broker._connection is not None:
        await _admin(f"select pg_terminate_backend({broker._connection.get_server_pid()})")


async def say(broker: NetworkBroker, words: str) -> None:
    """Words of somebody else on the broker's channel."""
    if isinstance(broker, RedisBroker):
        await broker._redis.publish(broker._channel, words)
    elif isinstance(broker, PostgresBroker):
        connection = await asyncpg.connect(DATABASE_URL)
        await connection.execute("select pg_notify($1, $2)", broker._channel, words)
        await connection.close()


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


async def test_what_one_process_publishes_the_others_hear(open_one: Open):
    one, other, third = open_one(), open_one(), open_one()
    await one.listen(Ear())
    ears = await listening(other), await listening(third)
    one.publish([2**62, 7])
    one.publish(range(10, 1_500))
    for ear in ears:
        await ear.until(lambda heard: {2**62, 7, *range(10, 1_500)} <= set(heard))
    await one.ready()


async def test_the_own_process_is_woken_directly_and_once(open_one: Open):
    one, other = open_one(), open_one()
    mine, theirs = await listening(one), await listening(other)
    mine.heard.clear()
    one.publish([2**62, 2**61])
    assert mine.heard == [2**62, 2**61]
    await theirs.until(lambda heard: 2**61 in heard)
    other.publish([2**60])
    await mine.until(lambda heard: 2**60 in heard)
    assert [stream_id for stream_id in mine.heard if stream_id >= 2**60] == [2**62, 2**61, 2**60]


async def test_a_storm_travels_in_few_messages(open_one: Open, monkeypatch: pytest.MonkeyPatch):
    one, other = open_one(), open_one()
    ear, said = await listening(other), []
    await one.listen(Ear())
    real = one._say

    async def counted(message: str) -> None:
        said.append(message)
        await real(message)

    monkeypatch.setattr(one, "_say", counted)
    for n in range(2_000):
        one.publish([n % 20 + 100])
        if n % 100 == 0:
            await asyncio.sleep(0)
    await ear.until(lambda heard: set(range(100, 120)) <= set(heard))
    assert len(said) <= 21
    assert len(ear.heard) <= 420


async def test_what_waits_is_bounded_and_no_message_is_too_long(open_one: Open):
    one, other = open_one(), open_one()
    ear = await listening(other)
    await one.listen(Ear())
    one.publish(range(2**62, 2**62 + 50_000))
    assert len(one._pending) == network._MOST_PENDING
    await ear.until(lambda heard: len(set(heard)) >= network._MOST_PENDING)


async def test_other_words_on_the_channel_wake_nobody(open_one: Open):
    one, other = open_one(), open_one()
    await one.listen(Ear())
    ear = await listening(other)
    for words in ("garbage", "-5 1.5 é ²", ""):
        await say(one, words)
    if isinstance(one, RedisBroker):
        await one._redis.publish(one._channel, b"\xff\xfe")
    one.publish([8])
    await ear.until(lambda heard: 8 in heard)
    assert set(ear.heard) <= {0, 8}


async def test_a_listener_that_is_cut_off_listens_again_however_often(open_one: Open):
    one, other = open_one(), open_one()
    await one.listen(Ear())
    ear = await listening(other)
    for n in range(9, 12):
        await cut(other)
        await heard_again(ear, one, n)
    await other.ready()


async def test_a_writer_that_is_cut_off_publishes_again(open_one: Open):
    one, other = open_one(), open_one()
    await one.listen(Ear())
    ear = await listening(other)
    await cut(one)
    await heard_again(ear, one, 9)


async def test_a_connection_that_the_driver_gave_up_is_opened_again(open_one: Open, kind: str):
    if kind == "redis":
        pytest.skip("asyncpg's habit")
    one, other = open_one(), open_one()
    await one.listen(Ear())
    ear = await listening(other)
    await one.ready()
    words = b"SFATAL\0C57P01\0Mterminating connection\0\0"
    one._connection._protocol.data_received(b"E" + (4 + len(words)).to_bytes(4) + words)
    await heard_again(ear, one, 9)


async def test_a_peer_that_vanished_without_a_word_is_noticed(open_one: Open, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hub.live.brokers.redis.QUIET_SECONDS", 0.2)
    monkeypatch.setattr("hub.live.brokers.postgres.QUIET_SECONDS", 0.2)
    monkeypatch.setattr("hub.live.brokers.postgres._PATIENCE_SECONDS", 0.3)
    one = open_one()
    lost = asyncio.Event()

    async def noticing(broker: NetworkBroker, hear: Callable[[], Awaitable[None]]) -> None:
        try:
            await hear()
        except broker.lost:
            lost.set()
            raise

    hear, door = one._hear, await _Door.before(one)
    monkeypatch.setattr(one, "_hear", lambda: noticing(one, hear))
    ear = await listening(one)
    async with asyncio.timeout(10):
        door.shut = True
        lost.clear()
        await lost.wait()
        door.shut = False
    other = open_one()
    await other.listen(Ear())
    await heard_again(ear, other, 5)
    await one.close()
    await door.close()


class _Door:
    """A TCP relay before the service, which can stop passing anything on without closing."""

    def __init__(self) -> None:
        self.shut = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    @classmethod
    async def before(cls, broker: NetworkBroker) -> "_Door":
        door = cls()
        if isinstance(broker, RedisBroker):
            options = broker._redis.connection_pool.connection_kwargs
            door._behind = (options["host"], options["port"])
        else:
            from hub.store.database import _address

            address = _address(DATABASE_URL)
            door._behind = (address["host"], address["port"])
        door._server = await asyncio.start_server(door._enter, "127.0.0.1", 0)
        port = door._server.sockets[0].getsockname()[1]
        if isinstance(broker, RedisBroker):
            broker._redis.connection_pool.connection_kwargs |= {"host": "127.0.0.1", "port": port}
        elif isinstance(broker, PostgresBroker):
            url = f"postgres://postgres@127.0.0.1:{port}/{DATABASE_URL.rpartition('/')[2]}"
            broker._settings = broker._settings.model_copy(update={"database_url": url})
        return door

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(*self._behind)
        self._writers += [writer, forth]
        for pair in ((reader, forth), (back, writer)):
            task = asyncio.create_task(self._pass(*pair))
            self._tasks.add(task)

    async def _pass(self, source: asyncio.StreamReader, goal: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            if not self.shut:
                goal.write(data)
        goal.close()

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_prefixes_keep_hubs_apart(open_one: Open):
    one, other, stranger = open_one(), open_one(), open_one(prefix="hub_test_stranger")
    await one.listen(Ear())
    await stranger.listen(Ear())
    ear = await listening(other)
    stranger.publish([666])
    async with asyncio.timeout(5):
        await stranger._all_said.wait()
    one.publish([5])
    await ear.until(lambda heard: 5 in heard)
    assert 666 not in ear.heard


@pytest.mark.parametrize("kind", ["redis", "postgres"])
async def test_without_the_other_side_publishing_neither_fails_nor_waits_and_the_own_process_is_woken(
    kind: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hub.live.brokers.postgres._PATIENCE_SECONDS", 0.2)
    before = asyncio.all_tasks()
    broker, ear = broker_of(kind, "hub_test", away=True), Ear()
    await broker.listen(ear)
    for n in range(100):
        broker.publish([n])
    assert ear.heard == list(range(100))
    with pytest.raises(broker.lost):
        await broker.ready()
    async with asyncio.timeout(5):
        await broker.close()
    broker.publish([100])
    assert ear.heard == list(range(100))
    assert asyncio.all_tasks() == before


async def test_what_is_published_just_before_closing_still_goes_out(open_one: Open):
    ear = await listening(open_one())
    for n in range(5):
        leaving = open_one()
        await leaving.listen(Ear())
        leaving.publish([n + 50])
        await leaving.close()
    await ear.until(lambda heard: set(range(50, 55)) <= set(heard))


@pytest.mark.parametrize("turns", [*range(0, 40, 3), 100, 400])
async def test_a_broker_closes_at_any_moment_of_its_beginning(kind: str, turns: int):
    before = asyncio.all_tasks()
    broker = broker_of(kind, f"hub_test_{uuid.uuid4().hex}")
    await broker.listen(Ear())
    broker.publish([1])
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await broker.close()
    assert asyncio.all_tasks() == before


async def test_a_closed_listener_leaves_no_connection(kind: str):
    if kind == "redis":
        pytest.skip("Redis pools its own")
    prefix = f"hub_test_{uuid.uuid4().hex}"
    one, other = broker_of(kind, prefix), broker_of(kind, prefix)
    await listening(one)
    await listening(other)
    pids = [broker._connection.get_server_pid() for broker in (one, other)]
    await one.close()
    await other.close()
    connection = await asyncpg.connect(DATABASE_URL)
    left = "select count(*) from pg_stat_activity where pid = any($1::int[])"
    async with asyncio.timeout(5):
        while await connection.fetchval(left, pids):  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)
    await connection.close()


def test_the_url_chooses():
    assert isinstance(open_broker(Settings()), MemoryBroker)
    assert isinstance(open_broker(Settings(broker_url="redis://127.0.0.1:1/0")), RedisBroker)
    chosen = Settings(database_url="postgres://nobody@127.0.0.1:1/nowhere", broker_url="postgres")
    assert isinstance(open_broker(chosen), PostgresBroker)
