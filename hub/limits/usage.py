"""What apps use, by the hour: counted in memory, written every few seconds as one statement for all.

A process that is killed loses those seconds. An app is an id, and what it uses has a name of up to 200 characters.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.instants import now
from hub.store.sql import Kind, records, to_json

DEPRECATED = "deprecated:"
"""Before the name of a deprecated field, in what an app used."""

_BREATH_SECONDS = 5.0
_MOST_COUNTED = 20_000
_COLUMNS: dict[str, Kind] = {"id": "id", "app_id": "id", "hour": "instant", "what": "text", "amount": "id"}
_log: Any = structlog.get_logger()


class Usage:
    """At most 20,000 counts wait to be written; while the database is away further ones are dropped."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counted: Counter[tuple[int, datetime, str]] = Counter()
        self._writer: asyncio.Task[None] | None = None

    def note(self, app_id: int, amounts: Mapping[str, int]) -> None:
        hour = now().replace(minute=0, second=0, microsecond=0)
        for what, amount in amounts.items():
            key = app_id, hour, what
            if key in self._counted or len(self._counted) < _MOST_COUNTED:
                self._counted[key] += amount
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon())

    async def of(self, app_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
        """All that was written of the hours that began in between, the last few seconds left out."""
        rows = await self._database.fetch(
            """select what, cast(sum(amount) as bigint) as amount from usage
               where app_id = :app and hour >= {as_instant since} and hour < {as_instant until} group by what""",
            {"app": app_id, "since": since, "until": until},
        )
        return {row["what"]: row["amount"] for row in rows}

    async def prune(self, before: datetime) -> None:
        await self._database.write("delete from usage where hour < {as_instant before}", {"before": before})

    async def write(self) -> None:
        """What waits, now."""
        counted, self._counted = self._counted, Counter()
        if not counted:
            return
        rows = [
            {"id": new_id(), "app_id": app, "hour": hour, "what": what, "amount": amount}
            for (app, hour, what), amount in sorted(counted.items())
        ]
        names = ", ".join(_COLUMNS)
        try:
            await self._database.write(
                f"""insert into usage ({names}) select {names}
                    from {records("given", _COLUMNS, self._database.dialect)} where true
                    on conflict (app_id, hour, what) do update set amount = usage.amount + excluded.amount""",
                {"given": to_json(rows)},
            )
        except Exception as error:  # whatever it is: what was counted is written with the next
            _log.warning("usage.waits", error=type(error).__name__)
            self._counted.update(counted)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        await self.write()

    async def _write_soon(self) -> None:
        while self._counted:
            await asyncio.sleep(_BREATH_SECONDS)
            await self.write()
