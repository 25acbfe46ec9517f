"""Connections of one database, lent one by one; every wait is bounded.

Tortoise's pool opens and ends them. Those to PostgreSQL are kept here between loans: the pool would start a task each
time that one comes back, which costs as much as a small query. After an error a connection goes back to the pool,
which waits for what was cancelled and drops what is broken; the borrower need not wait for that, as a server that went
silent does not answer a cancel either. SQLite has one connection, which Tortoise wants as well.
"""

import asyncio
import sqlite3
from contextlib import suppress
from types import TracebackType
from typing import Any

import asyncpg
import structlog

from hub import metrics
from hub.refusals import ErrorCode, ThrottleRefusal

_log: Any = structlog.get_logger()

# What drivers raise when the server is gone, restarting or full, as opposed to what they say of a statement.
_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
# SQLite's own codes: another process keeps it locked for too long; the file or the disk fails.
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_BROKEN = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
_PRIMARY = 0xFF
# What they raise for a connection that was lost before, and for an argument that does not fit as well.
_MISUSED = (asyncpg.InterfaceError, asyncpg.InternalClientError)


class Overloaded(ThrottleRefusal):
    """No connection came free in time."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.OVERLOADED, "Too busy right now; try again shortly.", retry_after_ms=1_000)


class Unreachable(ThrottleRefusal):
    """The database does not answer, or ended the connection; it may be back in a moment."""

    def __init__(self) -> None:
        super().__init__(ErrorCode.OVERLOADED, "The database cannot be reached right now.", retry_after_ms=2_000)


class TooSlow(ThrottleRefusal):
    """The database ended a statement that took longer than `HUB_STATEMENT_TIMEOUT`."""

    def __init__(self) -> None:
        super().__init__(
            ErrorCode.OVERLOADED, "This took too long: ask for less, or try again later.", retry_after_ms=1_000
        )


class Reaching:
    """Around what is asked of the server, and nothing else: an OSError of the caller's own work is not ours to name."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any = None) -> None:
        self._connection = connection

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncpg.QueryCanceledError):
            raise TooSlow from error
        if isinstance(error, sqlite3.OperationalError):
            _name(error)
        if isinstance(error, _MISUSED) and self._connection is not None and not _is_lost(self._connection):
            return
        if isinstance(error, (*_GONE, *_MISUSED)):
            _log.warning("database.gone", error=type(error).__name__)
            raise Unreachable from error


def _name(error: sqlite3.OperationalError) -> None:
    """Raise what it is to callers; nothing for a mistake in the statement."""
    code = error.sqlite_errorcode & _PRIMARY if hasattr(error, "sqlite_errorcode") else None
    if code in _LOCKED:
        raise Overloaded from error
    if code in _BROKEN:
        _log.warning("database.gone", error=error.sqlite_errorname)
        raise Unreachable from error


class Connections:
    """At most `most` are lent at once; who waits longer than `wait` seconds is refused with `Overloaded`."""

    def __init__(self, client: Any, *, most: int, wait: float, keep: bool) -> None:
        self._client = client
        self._wait = wait
        self._keep = keep
        self._slots = asyncio.Semaphore(most)
        self._kept: list[Any] = []
        self._returning: set[asyncio.Task[None]] = set()
        self._closed = False

    def lend(self) -> "Loan":
        """`async with connections.lend() as connection:`; raise Overloaded or Unreachable."""
        return Loan(self)

    async def close(self) -> None:
        """Who comes later finds it `Overloaded`."""
        self._closed = True
        kept, self._kept = self._kept, []
        await asyncio.gather(*map(_give_back, kept))
        if self._returning:
            await asyncio.wait(self._returning, timeout=self._wait)

    async def take(self) -> Any:
        if not self._slots.locked():
            await self._slots.acquire()  # at once: no timer for nothing
        else:
            metrics.CONNECTION_WAITS.inc()
            try:
                async with asyncio.timeout(self._wait):
                    await self._slots.acquire()
            except TimeoutError:
                raise Overloaded from None
        try:
            held = await self._found()
        except BaseException:
            self._slots.release()
            raise
        metrics.CONNECTIONS.inc()
        return held

    async def put_back(self, held: Any, *, well: bool) -> None:
        metrics.CONNECTIONS.dec()
        if not self._keep or (well and self._closed):
            await self._return(held)
        elif well:
            self._kept.append(held)
            self._slots.release()
        else:
            task = asyncio.create_task(self._return(held))
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)

    async def _return(self, held: Any) -> None:
        try:
            await _give_back(held)
        finally:
            self._slots.release()

    async def _found(self) -> Any:
        if self._closed:  # Tortoise would open it again, and nobody would close it
            raise Overloaded
        while self._kept:
            held = self._kept.pop()
            if not _is_lost(held.connection):
                return held
            await held.__aexit__(None, None, None)
        held = self._client.acquire_connection()
        with Reaching():
            await held.__aenter__()
        return held


class Loan:
    __slots__ = ("_connections", "_held")

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def __aenter__(self) -> Any:
        self._held = await self._connections.take()
        return self._held.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.put_back(self._held, well=kind is None)


async def _give_back(held: Any) -> None:
    with suppress(Exception):  # asyncpg closes one that cannot be used again
        await held.__aexit__(None, None, None)


def _is_lost(connection: Any) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool took it from us when the server ended it
        return True
