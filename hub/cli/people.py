"""`hub user`: who may do what. A running server lets go of whom it concerns at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from hub.live.backend import Backend
from hub.partners.commands.tokens import revoke_tokens_of
from hub.settings import settings
from hub.store.audience import Standing
from hub.users import commands

T = TypeVar("T")
Handle = Annotated[str, typer.Argument(help="Whose.")]
Role = Annotated[Standing, typer.Argument(help="MEMBER, POLICY_TEAM, MODERATOR or ADMIN.", case_sensitive=False)]

app = typer.Typer(no_args_is_help=True, help="Who may do what.")


@app.command()
def role(handle: Handle, role: Role) -> None:
    """Give a person a role."""
    changed = run(lambda backend: commands.set_role(backend, handle, role))
    print(f"{handle} is {role}" if changed else f"{handle} was {role} already")


@app.command()
def ban(handle: Handle) -> None:
    """Keep a person out, also where the person is in now."""
    changed = run(lambda backend: commands.ban(backend, handle))
    print(f"{handle} is banned" if changed else f"{handle} could not sign in before")


@app.command()
def unban(handle: Handle) -> None:
    """Let a person in again."""
    changed = run(lambda backend: commands.unban(backend, handle))
    print(f"{handle} may sign in" if changed else f"{handle} was not banned")


def revoke(handle: str) -> None:
    """End all tokens of a person, those of scripts and of granted apps too."""

    async def revoke_all(backend: Backend) -> int:
        ended = await commands.revoke_tokens(backend, handle)
        return ended + await revoke_tokens_of(backend, handle)

    print(f"{run(revoke_all)} tokens ended")


def run(work: Callable[[Backend], Awaitable[T]]) -> T:
    """Do this with a backend of its own."""

    async def working() -> T:
        backend = await Backend.open(settings())
        try:
            return await work(backend)
        finally:
            await backend.close()

    return asyncio.run(working())
