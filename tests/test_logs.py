"""A peer can neither fill the log by what it makes the server say, nor write lines of its own into it."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest
import structlog

from hub import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    for name in logs.OF_SERVER:
        logging.getLogger(name).removeFilter(logs._SPARING)
    structlog.reset_defaults()


@pytest.mark.parametrize("name", logs.OF_SERVER)
def test_what_peers_make_the_server_say_is_told_a_few_times_a_second(
    name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(logs, "monotonic", lambda: now)
    logs.configure()
    logger = logging.getLogger(name)

    def told(again: int = 50) -> int:
        caplog.clear()
        for _ in range(again):
            logger.error("ASGI callable returned without completing handshake.")
        return len(caplog.records)

    with caplog.at_level(logging.WARNING, logger=name):
        assert told() == logs._A_SECOND
        logger.error("Something else.")
        assert caplog.records[-1].message == "Something else."
        now += 1
        assert told() == logs._A_SECOND


def test_a_bug_is_always_told(caplog: pytest.LogCaptureFixture) -> None:
    logs.configure()
    for _ in range(50):
        logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=ValueError())
    assert len(caplog.records) == 50


def test_what_a_peer_says_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    said = 'a\n{"event": "forged"}\r\x1b[31m\u2028'
    structlog.get_logger().info("operation", operation=said)
    (line,) = capsys.readouterr().err.splitlines()
    assert (orjson.loads(line)["operation"], "\x1b" in line) == (said, False)


def test_what_orjson_does_not_take_is_told_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    structlog.get_logger().info("operation", operation="\ud800", cost=2**70, of={1: ValueError})
    told = json.loads(capsys.readouterr().err)
    assert (told["operation"], told["cost"], told["of"]) == ("\ud800", 2**70, {"1": repr(ValueError)})


def test_a_line_says_when_how_bad_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    before = datetime.now(UTC)
    try:
        raise LookupError
    except LookupError as problem:
        structlog.get_logger().warning("job.failed", exc_info=problem)
    told = orjson.loads(capsys.readouterr().err)
    assert before.replace(microsecond=0) <= datetime.fromisoformat(told["timestamp"]) <= datetime.now(UTC)
    assert (told["event"], told["level"]) == ("job.failed", "warning")
    assert "test_a_line_says_when_how_bad_and_where" in told["exception"]
    assert "exc_info" not in told
