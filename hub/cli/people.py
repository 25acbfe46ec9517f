"""`hub user`: who is here and may do what. A running server lets go of whom it concerns at once."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from secrets import token_urlsafe
from typing import Annotated, TypeVar

import typer

from hub.live.backend import Backend
from hub.partners.commands.tokens import revoke_tokens_of
from hub.settings import settings
from hub.store.audience import Standing
from hub.store.instants import now
from hub.users import commands
from hub.users.passwords import Passwords

T = TypeVar("T")
Handle = Annotated[str, typer.Argument(help="Whose.")]
Role = Annotated[Standing, typer.Argument(help="MEMBER, POLICY_TEAM, MODERATOR or ADMIN.", case_sensitive=False)]

app = typer.Typer(no_args_is_help=True, help="Who is here and may do what.")


@app.command()
def create(
    handle: Handle,
    email: Annotated[str, typer.Option(help="Address; it counts as verified.")],
    role: Annotated[
        Standing, typer.Option(help="MEMBER, POLICY_TEAM, MODERATOR or ADMIN.", case_sensitive=False)
    ] = Standing.MEMBER,
) -> None:
    """Make a person who can log in, the first admin for instance.

    The password is asked for on a terminal; elsewhere one is made and printed, once.
    """
    asked = sys.stdin.isatty()
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if asked else token_urlsafe(16)
    passwords = Passwords(workers=1, queue=1, wait=settings().password_wait)
    run(
        lambda backend: commands.create_person(
            backend, passwords, handle=handle, email=email, role=role, password=password
        )
    )
    print(f"{handle} is {role}" if asked else f"{handle} is {role}, password: {password}")


@app.command()
def role(handle: Handle, role: Role) -> None:
    """Give a person a role."""
    changed = run(lambda backend: commands.set_role(backend, handle, role))
    print(f"{handle} is {role}" if changed else f"{handle} was {role} already")


@app.command()
def ban(
    handle: Handle,
    reason: Annotated[str, typer.Option(help="Why; the person reads it.")] = commands.BAN_REASON,
    days: Annotated[int | None, typer.Option(help="For how long; for ever unless told.", min=1)] = None,
) -> None:
    """Keep a person out, also where the person is in now."""
    until = now() + timedelta(days=days) if days is not None else None
    changed = run(lambda backend: commands.ban(backend, handle, reason, until))
    print(f"{handle} is banned" if changed else f"{handle} could not sign in before")


@app.command()
def unban(handle: Handle) -> None:
    """Let a person in again whom a ban or a suspension kept out."""
    changed = run(lambda backend: commands.unban(backend, handle))
    print(f"{handle} may sign in" if changed else f"{handle} was not banned")


def revoke(handle: str) -> None:
    """End all tokens and sessions of a person, the tokens of scripts and of granted apps too."""

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
