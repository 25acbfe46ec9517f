"""Logs: one line of JSON each on standard error. No token, secret or text of a person:
tracebacks show no values."""

import json
import logging
import sys
from collections import Counter
from contextlib import suppress
from time import monotonic
from typing import Any

import orjson
import structlog

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
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


def _line(told: Any, **options: Any) -> bytes:
    """Of ASCII: other characters may end a line, too. What orjson does not take, json does, several times slower."""
    with suppress(orjson.JSONEncodeError):
        if (line := orjson.dumps(told, **options)).isascii():
            return line
    return json.dumps(told, **options).encode()
