"""What PostgreSQL spends on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.bench.pages.processes import cpu_seconds, is_postgres


class Monitor:
    """CPU time of a database's backends, over one connection that is kept."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def cpu_seconds(self, url: str) -> dict[int, float] | None:
        """By process; None where they are not processes of this machine."""
        name = urlsplit(url).path.strip("/")
        rows = await self._connection.fetch("select pid from pg_stat_activity where datname = $1", name)
        pids = [row["pid"] for row in rows]
        return cpu_seconds(pids) if all(map(is_postgres, pids)) else None


@asynccontextmanager
async def monitoring(url: str) -> AsyncIterator[Monitor | None]:
    """None for SQLite, whose work is done by the servers."""
    if not url.startswith("postgres"):
        yield None
        return
    connection = await asyncpg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")))
    try:
        yield Monitor(connection)
    finally:
        await connection.close()
