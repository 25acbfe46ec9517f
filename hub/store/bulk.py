"""Many rows at once, for imports and the demo: one statement a few hundred rows."""

from typing import Any

from hub.store.database import Transaction
from hub.store.sql import Kind, records, to_json
from hub.store.tables import Table

_BATCH = 500


async def insert_rows(transaction: Transaction, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that all give the same columns; what they leave out takes its default."""
    if not rows:
        return
    columns: dict[str, Kind] = {name: table.own[name] for name in rows[0]}
    source = records("given", columns, transaction.dialect)
    names = ", ".join(columns)
    for start in range(0, len(rows), _BATCH):
        await transaction.fetch(
            f"insert into {table.name} ({names}) select {names} from {source}",
            {"given": to_json(rows[start : start + _BATCH])},
        )
