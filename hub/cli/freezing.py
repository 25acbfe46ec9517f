"""`hub freeze`: places that can only be read from a date on."""

from datetime import datetime
from typing import Annotated

import typer

from hub.archive.freezing import freeze_category, freeze_thread
from hub.archive.planting import Freeze
from hub.audit.recording import SHELL
from hub.cli.people import run
from hub.clubs.loaders import club_by_slug
from hub.forum.loaders import category_by_slug, thread_by_slug
from hub.live.backend import Backend
from hub.posts.loaders import post_by_slug
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.loaders import Loader

_ALL_SEEING = Viewer(standing=Standing.ADMIN)
_PLACES = {"category": category_by_slug, "thread": thread_by_slug}
_SUCCESSORS = {"post": post_by_slug, "thread": thread_by_slug, "club": club_by_slug}

Place = Annotated[str, typer.Argument(help="`category:SLUG`, with all its threads, or `thread:SLUG`.")]


def freeze(
    place: Place,
    reason: Annotated[str, typer.Option(help="Why; shown to all.", min=1)],
    at: Annotated[str | None, typer.Option(help="From when on, such as `2027-01-31T18:00+01:00`; else now.")] = None,
    banner: Annotated[str | None, typer.Option(help="Text for clients to show there.")] = None,
    successor: Annotated[
        str | None, typer.Option(help="Where talk goes on: `post:SLUG`, `thread:SLUG` or `club:SLUG`.")
    ] = None,
) -> None:
    """Let a place be read only, from now or a later time on; who follows is told when it comes."""
    when = _time(at) if at is not None else now()

    async def work(backend: Backend) -> int:
        goes_on = await _found(backend, successor, _SUCCESSORS) if successor is not None else None
        return await _freeze(backend, place, Freeze(at=when, reason=reason, banner=banner, successor=goes_on))

    print(f"{run(work)} threads can only be read from {when.isoformat(timespec='seconds')} on")


def unfreeze(place: Place) -> None:
    """Take back a freeze whose time has not come."""
    print(f"{run(lambda backend: _freeze(backend, place, None))} threads stay open")


async def _freeze(backend: Backend, place: str, wanted: Freeze | None) -> int:
    kind, place_id = await _found(backend, place, _PLACES)
    if kind == "CATEGORY":
        return await freeze_category(backend, SHELL, place_id, wanted)
    return int(await freeze_thread(backend, SHELL, place_id, wanted))


async def _found(backend: Backend, text: str, known: dict[str, Loader]) -> tuple[str, int]:
    kind, _, slug = text.partition(":")
    row = await known[kind].row(backend.database, _ALL_SEEING, slug) if kind in known else None
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND, f"There is no {text}; kinds are {', '.join(known)}.")
    return kind.upper(), row["id"]


def _time(text: str) -> datetime:
    """With its zone, else it would be that of the machine."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Refusal(ErrorCode.INVALID, "A time is written like `2027-01-31T18:00+01:00`.")
    return at
