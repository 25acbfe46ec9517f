"""`hub documents`: what frontends ask by id."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from hub.graph.documents import BadDocument, Documents
from hub.graph.persisted import file_of, read
from hub.graph.schema import build, core
from hub.settings import Settings, settings

app = typer.Typer(no_args_is_help=True, help="Documents that frontends name in place of sending them.")


@app.callback()
def documents() -> None:
    """Documents that frontends name in place of sending them."""


@app.command()
def add(file: Annotated[Path, typer.Argument(help="Written by a frontend's build.", exists=True)]) -> None:
    """Judge the documents of a build and register them; a server reads them when it starts."""
    try:
        added, all_there = _add(settings(), file)
    except ValueError as reason:
        typer.echo(f"{file}: {reason}.", err=True)
        raise typer.Exit(1) from None
    print(f"{added} documents added, {all_there} are registered.")


def _add(chosen: Settings, file: Path) -> tuple[int, int]:
    """How many are new, and how many there are then. Raise ValueError, and register none, where one is not good."""
    judge = Documents(core(build()), chosen)
    given = read(file)
    for identifier, text in given.items():
        try:
            judge.hold(text)
        except BadDocument as bad:
            raise ValueError(f"{identifier}: {bad}") from None
    registered = file_of(chosen)
    known = read(registered) if registered.exists() else {}
    together = {**known, **given}
    registered.parent.mkdir(parents=True, exist_ok=True)
    waiting = registered.with_suffix(".new")
    waiting.write_bytes(orjson.dumps(together))
    waiting.replace(registered)
    return len(together) - len(known), len(together)
