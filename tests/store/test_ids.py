from hub.store import ids
from hub.store.ids import new_id


def test_ids_rise_and_are_unique():
    made = [new_id() for _ in range(100_000)]
    assert made == sorted(set(made))
    assert made[-1] < 2**63


def test_ids_rise_even_when_the_clock_goes_back(monkeypatch):
    before = new_id()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_600_000_000_000_000_000)
    assert before < new_id() < new_id()
