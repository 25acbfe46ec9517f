import asyncio
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from hub.archive.discourse.files import count_files
from hub.archive.discourse.topics import read_topics
from hub.archive.importing import Summary, import_topics
from hub.settings import Settings, settings
from hub.store.database import Database
from hub.store.migrating import migrate

_DAMAGES_SHOWN = 50


def run(path: Path) -> None:
    """Import, with a bar; then say what came in and what did not."""
    begun = time.monotonic()
    summary = asyncio.run(_import(settings(), path))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for damage in summary.damages[:_DAMAGES_SHOWN]:
        console.print(f"skipped {damage.file}: {damage.reason}", style="yellow")
    if (more := len(summary.damages) - _DAMAGES_SHOWN) > 0:
        console.print(f"… and {more} more", style="yellow")
    console.print(
        f"{summary.threads} threads, {summary.comments} comments and {summary.people} people imported,"
        f" {summary.known} threads were there before, {len(summary.damages)} files reported,"
        f" in {time.monotonic() - begun:.1f} s."
    )


async def _import(chosen: Settings, path: Path) -> Summary:
    found = read_topics(path)
    await migrate(chosen)
    database = await Database.open(chosen)
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            counted = progress.track(found, total=count_files(path))
            return ([summary async for summary in import_topics(database, counted)] or [Summary()])[-1]
    finally:
        await database.close()
