"""Logs: one line of JSON each on standard error. No token, secret or text of a person:
tracebacks show no values."""

import logging
import sys
from collections import Counter
from time import monotonic

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
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
