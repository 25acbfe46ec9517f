"""One run: load, check, measure in interleaved rounds, take the medians."""

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from hub.settings import Settings
from hub.store.database import Database
from hub.users.commands import issue_token
from tests.bench.pages import peers
from tests.bench.pages.checking import check
from tests.bench.pages.community import Sizes
from tests.bench.pages.documents import PAGES, Page, writers
from tests.bench.pages.loading import load, tidy
from tests.bench.pages.monitor import Monitor, monitoring
from tests.bench.pages.processes import Server, free_port, running
from tests.bench.pages.servers import Contestant, ours
from tests.bench.pages.stores import Store, store_of

OURS = ("hub", "naive", "sql")
_SUBJECTS = 500
_PATIENCE = 100
"""Tenths of a second that a server has to come to rest; it rests when it takes less than `_IDLE` seconds of CPU in one."""
_IDLE = 0.015
_ROOT = Path(__file__).parents[3]
_DIGITS = {"rps": 1, "p50_ms": 2, "p99_ms": 2, "server_cpu_ms": 3, "database_cpu_ms": 3}


@dataclass(frozen=True)
class Options:
    """`peers` is the folder of other servers, `servers` who of ours takes part, `port` the first one to use.

    Each server is asked for `warm` seconds before a page's first round, then for `seconds` in each round.
    """

    database: str
    scale: float = 1.0
    pages: tuple[str, ...] = tuple(PAGES)
    servers: tuple[str, ...] = OURS
    peers: Path | None = None
    seconds: float = 3.0
    rounds: int = 2
    warm: float = 2.0
    connections: int = 32
    port: int = 0
    fresh: bool = False


async def run(options: Options) -> dict[str, Any]:
    sizes = Sizes(options.scale)
    pages = [PAGES[name] for name in options.pages]
    store = store_of(options.database, options.scale)
    filled = await load(store, sizes, fresh=options.fresh)
    _say(f"the community {'was loaded into' if filled else 'is in'} {store.url}")
    contestants = [one for one in ours(store.url) if one.name in options.servers]
    if options.peers is not None:
        contestants += await peers.prepare(options.peers, options.database, sizes, fresh=options.fresh)
    try:
        with tempfile.TemporaryDirectory() as folder:
            tokens = await _tokens(store, sizes)
            _say("comparing answers")
            statements = await check(contestants, pages, sizes, tokens, Path(folder))
            measured = await _Run(options, sizes, contestants, tokens, Path(folder)).measure(pages)
    finally:
        await tidy(store, sizes)
    for page, servers in measured["pages"].items():
        for name, numbers in servers.items():
            numbers["statements"] = statements[name][page]
    return {"scale": options.scale, "database": store.dialect, "connections": options.connections, **measured}


async def _tokens(store: Store, sizes: Sizes) -> dict[int, str]:
    database = await Database.open(Settings(database_url=store.url))
    try:
        return {number: (await issue_token(database, f"user{number}", 1)).text for number in writers(sizes)}
    finally:
        await database.close()


class _Run:
    def __init__(
        self, options: Options, sizes: Sizes, contestants: list[Contestant], tokens: dict[int, str], folder: Path
    ) -> None:
        self._options, self._sizes, self._tokens, self._folder = options, sizes, tokens, folder
        self._contestants = {one.name: one for one in contestants}

    async def measure(self, pages: list[Page]) -> dict[str, Any]:
        measured: dict[str, dict[str, Any]] = {}
        async with self._started() as servers, monitoring(self._options.database) as monitor:
            for page in pages:
                rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
                for number in range(self._options.rounds):
                    for name, server in servers.items():
                        if number == 0:
                            await self._load(server, page, self._options.warm)
                        rounds[name].append(await self._measured(server, page, monitor))
                        _say(f"{page.name:<12} {name:<12} {_line(rounds[name][-1])}")
                measured[page.name] = {name: _median(found) for name, found in rounds.items()}
            memory = {name: round(server.memory_mb(), 1) for name, server in servers.items()}
        return {"pages": measured, "memory_mb": memory}

    @asynccontextmanager
    async def _started(self) -> AsyncIterator[dict[str, Server]]:
        ports = count(self._options.port)
        async with AsyncExitStack() as stack:
            servers: dict[str, Server] = {}
            for name, one in self._contestants.items():
                port = next(ports) if self._options.port else free_port()
                command = one.command(one.database_url, port)
                log = self._folder / f"{name}.log"
                servers[name] = await stack.enter_async_context(running(name, command, port, log))
            yield servers

    async def _measured(self, server: Server, page: Page, monitor: Monitor | None) -> dict[str, Any]:
        url = self._contestants[server.name].database_url
        server_before, database_before = server.cpu_seconds(), await monitor.cpu_seconds(url) if monitor else None
        found = await self._load(server, page, self._options.seconds)
        database_after = await monitor.cpu_seconds(url) if monitor else None
        if found["bad"]:
            raise SystemExit(f"{server.name} answered {page.name} badly {found['bad']} times: {found['example']}")
        each = 1_000 / found["answers"]
        return {
            **{name: found[name] for name in ("rps", "p50_ms", "p99_ms")},
            "server_cpu_ms": (server.cpu_seconds() - server_before) * each,
            "database_cpu_ms": _spent(database_before, database_after, each),
        }

    async def _load(self, server: Server, page: Page, seconds: float) -> dict[str, Any]:
        file = self._requests(self._contestants[server.name], page)
        module = [sys.executable, "-m", "tests.bench.pages.load"]
        arguments = [str(server.port), str(file), str(self._options.connections), str(seconds)]
        process = await asyncio.create_subprocess_exec(
            *module, *arguments, cwd=_ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await process.communicate()
        if process.returncode:
            raise SystemExit(f"the load on {server.name} failed:\n{errors.decode()[-2_000:]}")
        await _until_at_rest(server)
        return json.loads(output)

    def _requests(self, one: Contestant, page: Page) -> Path:
        file = self._folder / f"{one.name}-{page.name}"
        if not file.exists():
            lines = [
                {"body": one.body(page, asked), "token": self._tokens.get(asked.writer or 0)}
                for asked in page.subjects(self._sizes, _SUBJECTS)
            ]
            file.write_text("\n".join(json.dumps(line) for line in lines))
        return file


async def _until_at_rest(server: Server) -> None:
    """What it does after its last answer, as telling of comments, is its own to pay for and shall lock out nobody."""
    for _ in range(_PATIENCE):
        before = server.cpu_seconds()
        await asyncio.sleep(0.1)
        if server.cpu_seconds() - before < _IDLE:
            return


def _spent(before: dict[int, float] | None, after: dict[int, float] | None, each: float) -> float | None:
    if before is None or after is None:
        return None
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items()) * each


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        name: None if rounds[0][name] is None else round(statistics.median(one[name] for one in rounds), digits)
        for name, digits in _DIGITS.items()
    }


def table(result: dict[str, Any]) -> str:
    lines = [f"scale {result['scale']:g}, {result['database']}, {result['connections']} connections"]
    for page, servers in result["pages"].items():
        lines += [page, *(f"  {name:<12} {_line(numbers)}" for name, numbers in servers.items())]
    memory = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in result["memory_mb"].items())
    return "\n".join([*lines, f"memory, MB: {memory}"])


def _line(numbers: dict[str, Any]) -> str:
    return "  ".join(
        f"{name} {'-' if numbers[name] is None else format(numbers[name], '.5g'):>8}"
        for name in (*_DIGITS, "statements")
        if name in numbers
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
