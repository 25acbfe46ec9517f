"""`hub app`: partner apps, and tokens with scopes."""

from typing import Annotated

import typer

from hub.audit.recording import SHELL
from hub.cli.people import Handle, run
from hub.clubs.loaders import club_by_slug
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.partners.commands.apps import AppText, make_app
from hub.partners.commands.tokens import make_app_token, make_personal_token
from hub.partners.loaders import app_by_id
from hub.partners.rules import SCOPES
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.loaders import Loader
from hub.store.tables import Row
from hub.users.handles import handle_key
from hub.users.loaders import user_by_handle

_ALL_SEEING = Viewer(standing=Standing.ADMIN)

Scopes = Annotated[str, typer.Option(help=f"Of {', '.join(SCOPES)}; comma-separated.")]

app = typer.Typer(no_args_is_help=True, help="Partner apps.")


@app.callback()
def apps() -> None:
    """Partner apps."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Unique name to show.")],
    owner: Annotated[str, typer.Option(help="Handle of who answers for it.")],
    club: Annotated[str | None, typer.Option(help="Slug of the club where alone it sees and writes.")] = None,
    scopes: Scopes = "",
    homepage: Annotated[str | None, typer.Option(help="Where people read about it.")] = None,
    origins: Annotated[str, typer.Option(help="Browser origins that may use its tokens, comma-separated.")] = "",
) -> None:
    """Make an app; print its id, then a token by which it reads as itself. The token is shown this once."""
    text = AppText(name=name, homepage=homepage, scopes=_listed(scopes), origins=_listed(origins))
    print("\n".join(run(lambda backend: _create(backend, text, owner, club))))


def print_personal_token(handle: Handle, scopes: str) -> None:
    """Print a token with these scopes for a person's script."""
    print(run(lambda backend: _personal_token(backend, handle, _listed(scopes))))


async def _create(backend: Backend, text: AppText, owner: str, club: str | None) -> tuple[str, str]:
    person = await _one(backend, user_by_handle, handle_key(owner), "person", owner)
    place = await _one(backend, club_by_slug, club, "club", club) if club is not None else None
    app_id = await make_app(
        backend, SHELL, text, owner_id=person["id"], club_id=place["id"] if place is not None else None
    )
    made = await _one(backend, app_by_id, app_id, "app", text.name)
    token = await make_app_token(backend, SHELL, made, scopes=text.scopes)
    return to_global("PartnerApp", app_id), token.text


async def _personal_token(backend: Backend, handle: str, scopes: list[str]) -> str:
    person = await _one(backend, user_by_handle, handle_key(handle), "person", handle)
    return (await make_personal_token(backend, SHELL, person["id"], name="hub token", scopes=scopes)).text


async def _one(backend: Backend, loader: Loader, key: object, what: str, shown: str) -> Row:
    row = await loader.row(backend.database, _ALL_SEEING, key)
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND, f"There is no {what} {shown}.")
    return row


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
