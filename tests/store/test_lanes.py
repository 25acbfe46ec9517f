import asyncio
from collections.abc import Mapping

import pytest

from hub.refusals import ErrorCode, ThrottleRefusal
from hub.store.connections import Overloaded
from hub.store.lanes import Lanes


class Desk:
    """Writes what its lanes bring, when it is let; a word that is bad fails. `abreast` several lanes together, but for
    those that are `held`."""

    def __init__(self, *, batch: int = 10, queue: int = 100, abreast: bool = False, held: str = "") -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self.rows: list[dict[str, list[str]]] = []
        self.written: list[str] = []
        self.held = held
        self.open = asyncio.Event()
        self.busy = asyncio.Event()
        together = self._write_abreast if abreast else None
        self.lanes: Lanes[str, str, str] = Lanes(self._write, batch=batch, queue=queue, abreast=together)

    async def _write_abreast(self, waiting: Mapping[str, list[str]]) -> dict[str, list[str]]:
        self.rows.append(dict(waiting))
        self.busy.set()
        await self.open.wait()
        words = [word for key, own in waiting.items() if key not in self.held for word in own]
        if "bad" in words:
            raise LookupError(words)
        if "late" in words:
            raise Overloaded
        self.written += words
        return {key: [f"{key}:{word}" for word in own] for key, own in waiting.items() if key not in self.held}

    async def _write(self, key: str, words: list[str]) -> list[str]:
        self.batches.append((key, words))
        self.busy.set()
        await self.open.wait()
        if "bad" in words:
            raise LookupError(words)
        if "late" in words:
            raise Overloaded
        self.written += words
        return [f"{key}:{word}" for word in words]

    def put(self, *words: str, key: str = "a") -> list[asyncio.Task[str]]:
        return [asyncio.create_task(self.lanes.put(key, word)) for word in words]

    async def begun(self, *words: str, key: str = "a") -> list[asyncio.Task[str]]:
        """The first word is being written, the others wait."""
        self.busy.clear()
        first = self.put(words[0], key=key)
        await self.busy.wait()
        rest = self.put(*words[1:], key=key)
        await asyncio.sleep(0)
        return first + rest

    async def ensure_empty(self) -> None:
        async with asyncio.timeout(5):
            await self.lanes.drain()
        assert self.lanes._waiting == {}
        assert not self.lanes._lined_up
        assert self.lanes._runners == set()


async def results(tasks: list[asyncio.Task[str]]) -> list[str | BaseException]:
    async with asyncio.timeout(5):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_waits_is_written_together_and_each_gets_its_own_result():
    desk = Desk()
    tasks = await desk.begun("1", "2", "3", "4")
    desk.open.set()
    assert await results(tasks) == ["a:1", "a:2", "a:3", "a:4"]
    assert desk.batches == [("a", ["1"]), ("a", ["2", "3", "4"])]
    await desk.ensure_empty()


async def test_who_comes_alone_does_not_wait_for_company():
    desk = Desk()
    desk.open.set()
    assert await desk.lanes.put("a", "1") == "a:1"
    assert await desk.lanes.put("a", "2") == "a:2"
    assert desk.batches == [("a", ["1"]), ("a", ["2"])]
    await desk.ensure_empty()


async def test_a_batch_has_its_largest_size():
    desk = Desk(batch=2)
    tasks = await desk.begun("1", "2", "3", "4", "5", "6")
    desk.open.set()
    await results(tasks)
    assert [words for _, words in desk.batches] == [["1"], ["2", "3"], ["4", "5"], ["6"]]


async def test_keys_have_lanes_of_their_own():
    desk = Desk()
    tasks = await desk.begun("1", "2") + await desk.begun("3", "4", key="b")
    assert desk.batches == [("a", ["1"]), ("b", ["3"])]
    desk.open.set()
    assert await results(tasks) == ["a:1", "a:2", "b:3", "b:4"]


async def test_one_bad_item_fails_alone():
    desk = Desk()
    tasks = await desk.begun("1", "2", "bad", "3")
    desk.open.set()
    one, two, bad, three = await results(tasks)
    assert (one, two, three) == ("a:1", "a:2", "a:3")
    assert isinstance(bad, LookupError)
    assert bad.args == (["bad"],)
    assert desk.written == ["1", "2", "3"]
    assert [words for _, words in desk.batches] == [["1"], ["2", "bad", "3"], ["2"], ["bad"], ["3"]]
    await desk.ensure_empty()


async def test_a_batch_that_finds_no_connection_is_not_tried_one_by_one():
    desk = Desk()
    tasks = await desk.begun("1", "2", "late", "3")
    desk.open.set()
    assert [type(found) for found in await results(tasks)] == [str, Overloaded, Overloaded, Overloaded]
    assert [words for _, words in desk.batches] == [["1"], ["2", "late", "3"]]
    await desk.ensure_empty()


async def test_a_full_lane_refuses_and_the_others_do_not():
    desk = Desk(queue=3)
    tasks = await desk.begun("1", "2", "3", "4")
    with pytest.raises(ThrottleRefusal) as refusal:
        await desk.lanes.put("a", "5")
    assert (refusal.value.code, refusal.value.retry_after_ms) == (ErrorCode.OVERLOADED, 1_000)
    tasks += await desk.begun("6", key="b")
    desk.open.set()
    assert await results(tasks) == ["a:1", "a:2", "a:3", "a:4", "b:6"]
    assert "5" not in desk.written
    assert await desk.lanes.put("a", "7") == "a:7"


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_what_a_caller_who_went_away_put_is_still_written(gone: int):
    desk = Desk()
    tasks = await desk.begun("1", "2", "3")
    tasks[gone].cancel()
    await asyncio.wait([tasks[gone]])
    assert tasks[gone].cancelled()
    desk.open.set()
    await desk.ensure_empty()
    assert desk.written == ["1", "2", "3"]
    found = await results(tasks)
    assert [word for word in found if isinstance(word, str)] == [f"a:{n + 1}" for n in range(3) if n != gone]


async def test_a_caller_who_went_away_leaves_no_warning_when_the_write_fails():
    desk = Desk()
    tasks = await desk.begun("1", "bad")
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    desk.open.set()
    await desk.ensure_empty()
    assert desk.written == ["1"]


@pytest.mark.parametrize("answer", [[], ["one too many"] * 3], ids=["too few", "too many"])
async def test_a_write_that_gives_the_wrong_number_of_results_fails_its_callers(answer: list[str]):
    async def write(key: str, words: list[str]) -> list[str]:
        return answer

    lanes: Lanes[str, str, str] = Lanes(write, batch=10, queue=10)
    for _ in range(2):
        async with asyncio.timeout(5):
            with pytest.raises(ValueError, match="zip"):
                await lanes.put("a", "1")
    assert lanes._waiting == {}


async def test_a_write_that_was_cancelled_from_below_fails_its_callers_and_frees_the_lane():
    async def write(key: str, words: list[str]) -> list[str]:
        if "1" in words:
            raise asyncio.CancelledError
        return words

    lanes: Lanes[str, str, str] = Lanes(write, batch=1, queue=10)
    tasks = [asyncio.create_task(lanes.put("a", word)) for word in ("1", "2")]
    async with asyncio.timeout(5):
        await asyncio.wait(tasks)
        assert [task.cancelled() for task in tasks] == [True, True]
        assert await lanes.put("a", "3") == "3"
    assert lanes._waiting == {}


@pytest.mark.parametrize("abreast", [False, True])
@pytest.mark.parametrize("held", ["", "b"])
async def test_hundreds_of_cancels_lose_and_double_nothing(abreast: bool, held: str):
    desk = Desk(batch=7, abreast=abreast, held=held)
    desk.open.set()
    words = [str(n) for n in range(300)]
    tasks = []
    for n, word in enumerate(words):
        tasks += desk.put(word, key="ab"[n % 2])
        if n % 3 == 0:
            await asyncio.sleep(0)
            tasks[n // 2].cancel()
    await asyncio.wait(tasks)
    await desk.ensure_empty()
    put_in_time = {word for word, task in zip(words, tasks, strict=True) if not task.cancelled()}
    assert len(desk.written) == len(set(desk.written))
    assert put_in_time <= set(desk.written) <= set(words)


@pytest.mark.parametrize("abreast", [False, True])
async def test_no_task_is_left(abreast: bool):
    before = asyncio.all_tasks()
    desk = Desk(abreast=abreast)
    desk.open.set()
    await results(desk.put(*map(str, range(50))))
    await desk.ensure_empty()
    assert asyncio.all_tasks() == before


class TestAbreast:
    async def test_what_waits_in_several_lanes_is_written_together(self):
        desk = Desk(abreast=True)
        tasks = await desk.begun("1", "2") + desk.put("3", key="b") + desk.put("4", "5", key="c")
        await asyncio.sleep(0)
        desk.open.set()
        assert await results(tasks) == ["a:1", "a:2", "b:3", "c:4", "c:5"]
        assert desk.rows == [{"a": ["1"]}, {"b": ["3"], "c": ["4", "5"], "a": ["2"]}]
        assert desk.batches == []
        await desk.ensure_empty()

    async def test_all_lanes_together_have_the_size_of_a_batch_and_each_has_its_turn(self):
        desk = Desk(abreast=True, batch=3)
        tasks = await desk.begun("0") + desk.put("1", "2", "3", "4") + desk.put("5", key="b") + desk.put("6", key="c")
        await asyncio.sleep(0)
        desk.open.set()
        await results(tasks)
        assert desk.rows == [{"a": ["0"]}, {"b": ["5"], "c": ["6"], "a": ["1"]}, {"a": ["2", "3", "4"]}]
        await desk.ensure_empty()

    async def test_a_lane_that_is_left_out_goes_on_by_itself_in_order(self):
        desk = Desk(abreast=True, held="b")
        tasks = await desk.begun("1") + desk.put("2", "3", key="b") + desk.put("4", key="c")
        await asyncio.sleep(0)
        desk.open.set()
        assert await results(tasks) == ["a:1", "b:2", "b:3", "c:4"]
        assert desk.rows == [{"a": ["1"]}, {"b": ["2", "3"], "c": ["4"]}]
        assert desk.batches == [("b", ["2", "3"])]
        await desk.ensure_empty()
        assert await desk.lanes.put("c", "5") == "c:5"

    async def test_one_bad_item_fails_alone(self):
        desk = Desk(abreast=True)
        tasks = await desk.begun("1") + desk.put("2", "bad", "3", key="b") + desk.put("4", key="c")
        await asyncio.sleep(0)
        desk.open.set()
        one, two, bad, three, four = await results(tasks)
        assert (one, two, three, four) == ("a:1", "b:2", "b:3", "c:4")
        assert isinstance(bad, LookupError)
        assert sorted(desk.written) == ["1", "2", "3", "4"]
        await desk.ensure_empty()

    async def test_what_finds_no_connection_is_not_tried_lane_by_lane(self):
        desk = Desk(abreast=True)
        tasks = await desk.begun("1") + desk.put("late", key="b") + desk.put("2", key="c")
        await asyncio.sleep(0)
        desk.open.set()
        assert [type(found) for found in await results(tasks)] == [str, Overloaded, Overloaded]
        assert desk.batches == []
        await desk.ensure_empty()

    async def test_a_full_lane_refuses_and_the_others_do_not(self):
        desk = Desk(abreast=True, queue=2)
        tasks = await desk.begun("1") + desk.put("2", "3")
        await asyncio.sleep(0)
        with pytest.raises(ThrottleRefusal):
            await desk.lanes.put("a", "4")
        tasks += desk.put("5", key="b")
        desk.open.set()
        assert await results(tasks) == ["a:1", "a:2", "a:3", "b:5"]

    @pytest.mark.parametrize("answer", [{"a": []}, {"a": ["one", "two"]}], ids=["too few", "too many"])
    async def test_a_write_that_gives_the_wrong_number_of_results_fails_its_callers(self, answer: dict[str, list[str]]):
        async def write(key: str, words: list[str]) -> list[str]:
            raise AssertionError(key)

        async def abreast(waiting: Mapping[str, list[str]]) -> dict[str, list[str]]:
            return answer

        lanes: Lanes[str, str, str] = Lanes(write, batch=10, queue=10, abreast=abreast)
        for _ in range(2):
            async with asyncio.timeout(5):
                with pytest.raises(ValueError, match="zip"):
                    await lanes.put("a", "1")
        assert lanes._waiting == {}

    async def test_a_write_that_was_cancelled_from_below_fails_all_that_waits_and_frees_the_lanes(self):
        async def write(key: str, words: list[str]) -> list[str]:
            raise AssertionError(key)

        async def abreast(waiting: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
            if "1" in waiting.get("a", ()):
                raise asyncio.CancelledError
            return waiting

        lanes: Lanes[str, str, str] = Lanes(write, batch=1, queue=10, abreast=abreast)
        tasks = [asyncio.create_task(lanes.put(key, word)) for key, word in (("a", "1"), ("a", "2"), ("b", "3"))]
        async with asyncio.timeout(5):
            await asyncio.wait(tasks)
            assert [task.cancelled() for task in tasks] == [True, True, True]
            assert await lanes.put("b", "4") == "4"
        assert lanes._waiting == {}
