"""Who is compared: the hub as `hub serve` starts it, and its rivals, each with one worker and the same pool."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.pages.documents import PAGES, Asked, Page
from tests.bench.pages.processes import Command
from tests.bench.unlimited import ENVIRONMENT

POOL = 10
"""Connections of each server to PostgreSQL, at most."""

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Contestant:
    """`command` starts it on a database and a port; `documents` and `variables` are how it wants to be asked."""

    name: str
    database_url: str
    command: Callable[[str, int], Command]
    counted: Callable[[Command, Path], Command] = field(default=lambda command, file: command)
    documents: dict[str, str] = field(default_factory=lambda: {name: page.document for name, page in PAGES.items()})
    is_peer: bool = False

    def body(self, page: Page, asked: Asked) -> dict[str, Any]:
        return {"query": self.documents[page.name], "variables": asked.peer if self.is_peer else asked.variables}


def ours(database_url: str) -> list[Contestant]:
    return [
        Contestant("hub", database_url, _hub, _counted),
        Contestant("naive", database_url, _naive, _counted),
        Contestant("sql", database_url, _sql, _counted),
    ]


def _hub(database_url: str, port: int) -> Command:
    environment = {
        "HUB_DATABASE_URL": database_url,
        "HUB_DATABASE_CONNECTIONS": str(POOL),
        "HUB_DATA_DIR": tempfile.gettempdir(),
        **ENVIRONMENT,
        "HUB_SECRET_KEY": "one-key-for-all-processes-of-a-bench",
    }
    return Command([sys.executable, "-m", "hub.cli", "serve", "--port", str(port)], environment, _ROOT)


def _naive(database_url: str, port: int) -> Command:
    return _uvicorn("tests.bench.pages.naive.server:application", database_url, port)


def _sql(database_url: str, port: int) -> Command:
    return _uvicorn("tests.bench.pages.sql.server:make", database_url, port, "--factory")


def _uvicorn(application: str, database_url: str, port: int, *options: str) -> Command:
    loops = ["--loop", "uvloop", "--http", "httptools", "--ws", "none"]
    quiet = ["--log-level", "warning", "--no-access-log"]
    arguments = [sys.executable, "-m", "uvicorn", application, "--port", str(port), *loops, *quiet, *options]
    return Command(arguments, {"BENCH_DATABASE_URL": database_url, "BENCH_POOL": str(POOL)}, _ROOT)


def _counted(command: Command, file: Path) -> Command:
    """The same Python server with each statement to SQLite counted in a file."""
    python, dash, *rest = command.arguments
    arguments = [python, dash, "tests.bench.pages.counting", str(file), *rest]
    return Command(arguments, command.environment, command.folder)
