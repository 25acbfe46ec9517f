"""The benches of the live feed run, and find nothing lost; how fast, they say when they are run by hand."""

import shutil

import pytest

from tests.bench.drops import command as drops
from tests.bench.fanout import command as fanout

LOST = ("lost", "doubled", "out_of_order", "behind")


def fanned_out(*arguments: str) -> dict:
    return fanout.main(["--subscribers", "8", "--seconds", "1", "--before", "4", "--naive", "0", *arguments])[0]["hub"]


def dropped(fault: str, seconds: str) -> dict:
    asked = ["--readers", "6", "--seconds", seconds, "--rate", "10", "--fault", fault]
    return drops.main(asked)[0][fault]


def test_each_reader_of_the_hub_and_of_the_naive_server_gets_each_comment_once():
    result, _ = fanout.main(["--subscribers", "8", "--seconds", "1", "--before", "4", "--naive", "3"])
    for side, readers in (("hub", 8), ("naive", 3)):
        found = result[side]
        assert [found[name] for name in LOST] == [0, 0, 0, 0]
        assert (found["caught_up"], found["comments"], found["deliveries"]) == (readers, 5, readers * 5)
    assert result["hub"]["replayed"] == 4 + 3 + 2 + 1 + 0 + 4 + 3 + 2
    assert result["ratio"] > 0


def test_readers_leave_come_back_and_stop_reading():
    found = fanned_out("--disconnect", "--reconnect", "--stalled", "2", "--subjects", "2")
    assert found["disconnect"]["left"] == 8 + 2
    assert found["disconnect"]["sockets_held"] == 0
    assert (found["reconnect"]["caught_up"], found["reconnect"]["behind"]) == (8, 0)
    assert [found["stalled"]["others"][name] for name in LOST] == [0, 0, 0, 0]
    assert [found["subjects"]["with_2_beside"][name] for name in LOST[:3]] == [0, 0, 0]
    assert found["complaints_in_log"] == 0


def test_readers_who_are_cut_off_lose_nothing():
    found = dropped("cut", "3")
    assert (found["complete"], found["comments_answered"], found["comments_stored"]) == (6, 30, 30)
    assert [found[name] for name in ("lost", "doubled", "reordered", "resyncs", "refused")] == [0, 0, 0, 0, {}]
    assert found["reconnects"] > 0


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_readers_lose_nothing_while_redis_is_killed():
    found = dropped("redis", "4")
    assert (found["complete"], found["faults"]) == (6, 1)


def test_readers_lose_nothing_while_a_server_is_killed():
    found = dropped("worker", "5")
    assert (found["complete"], found["faults"]) == (6, 1)
