"""Logs: one line of JSON each on standard error. No token, secret or text of a person:
tracebacks show no values."""

import json
import logging
import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic, time
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict

_A_SECOND = 5


class Sparing(logging.Filter):
    """Lets each line of a library through a few times a second, as a peer can make it say the same without end."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._told: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            return True
        if (second := int(monotonic())) != self._second:
            self._second = second
            self._told.clear()
        self._told[str(record.msg)] += 1
        return self._told[str(record.msg)] <= _A_SECOND


_SPARING = Sparing()
OF_SERVER = ("uvicorn.error", "asyncio")
"""What they log is about connections, and some of it is the peer's doing."""


def configure() -> None:
    for name in OF_SERVER:
        logging.getLogger(name).addFilter(_SPARING)
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _line(logger: Any, level: str, told: EventDict) -> bytes:
    """Of ASCII: other characters may end a line, too. What orjson does not take, json does, several times slower."""
    if "exc_info" in told:
        told = structlog.processors.format_exc_info(logger, level, told)
    told["level"], told["timestamp"] = level, _timestamp(time())
    with suppress(orjson.JSONEncodeError):
        if (line := orjson.dumps(told, default=repr)).isascii():
            return line
    return json.dumps(told, default=repr).encode()


def _timestamp(at: float) -> str:
    second = int(at)
    return f"{_to_the_second(second)}.{int((at - second) * 1_000_000):06d}Z"


@lru_cache(maxsize=1)
def _to_the_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
