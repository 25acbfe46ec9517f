"""`hub recount`, `hub reseal` and `hub export participations`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from hub.actions.exporting import Form, parts, prepare
from hub.actions.resealing import reseal as reseal_all
from hub.actions.tallying import recount_all
from hub.audit.recording import SHELL
from hub.graph.ids import row_id
from hub.live.backend import Backend
from hub.settings import settings
from hub.store.audience import Standing, Viewer

T = TypeVar("T")

exports = typer.Typer(no_args_is_help=True, help="Write out what is here, for other programs.")


def recount() -> None:
    for one in _run(lambda backend: recount_all(backend.database)):
        print(one.action_id, one.before, one.after, one.pledged_before, one.pledged_after, sep="\t")


def reseal() -> None:
    found = _run(lambda backend: reseal_all(backend.database, backend.settings))
    for one in found:
        print(one.table, one.renewed, one.unreadable, sep="\t")
    if any(one.unreadable for one in found):
        sys.exit(1)


@exports.command("participations")
def export_participations(
    action: Annotated[str, typer.Argument(help="The action's id, as the graph gives it.")],
    form: Annotated[str, typer.Option(help="csv, or jsonl: a JSON object in each line.")] = "csv",
    personal: Annotated[bool, typer.Option(help="Open personal answers too; wants --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for the audit log.")] = None,
) -> None:
    """Print who takes part in an action; the audit log keeps that it was done."""
    known: dict[str, Form] = {"csv": "csv", "jsonl": "jsonl"}
    if form not in known:
        raise typer.BadParameter("There are csv and jsonl.")

    async def work(backend: Backend) -> None:
        export = await prepare(
            backend,
            SHELL,
            Viewer(standing=Standing.ADMIN),
            action_id=row_id(action, "Action", "action"),
            form=known[form],
            personal=personal,
            reason=reason,
        )
        async for part in parts(backend, export):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()

    _run(work)


def _run(work: Callable[[Backend], Awaitable[T]]) -> T:
    async def whole() -> T:
        backend = await Backend.open(settings())
        try:
            return await work(backend)
        finally:
            await backend.close()

    return asyncio.run(whole())
