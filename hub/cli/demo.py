"""`hub demo`: a database, the demo community, tokens to try it with, and the server."""

import asyncio
import json
import os
from ipaddress import ip_address
from pathlib import Path

from rich.console import Console

from hub.cli import serving
from hub.demo.loading import load
from hub.demo.story import STORY
from hub.refusals import Refusal
from hub.settings import Settings, settings
from hub.store.database import Database
from hub.store.emptying import empty
from hub.store.migrating import migrate
from hub.users.commands import issue_token
from hub.users.tokens import bearer_of

_HANDLES = {
    "mara": "policy team",
    "jonas": "club organizer",
    "ines": "member",
    "otto": "moderator",
}


def run(host: str, port: int, workers: int, *, fresh: bool) -> None:
    serving.pass_on(mode="development")
    settings.cache_clear()
    chosen = settings()
    tokens = asyncio.run(_prepare(chosen, fresh=fresh))
    _greet(host, port, tokens)
    serving.serve(chosen, host, port, workers)


async def _prepare(chosen: Settings, *, fresh: bool) -> dict[str, str]:
    if fresh:
        await empty(chosen)
    await migrate(chosen)
    database = await Database.open(chosen)
    try:
        await load(database, STORY)
        return await _tokens(database, chosen)
    finally:
        await database.close()


async def _tokens(database: Database, chosen: Settings) -> dict[str, str]:
    """A token for each demo handle, kept in the data folder so that a restart prints the same ones."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    path = chosen.data_dir / "demo-tokens.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    for handle in _HANDLES:
        if not await _good(database, known.get(handle), handle):
            known[handle] = (await issue_token(database, handle, chosen.token_days)).text
    _write_private(path, json.dumps(known, indent=2))
    return {handle: known[handle] for handle in _HANDLES}


async def _good(database: Database, token: str | None, handle: str) -> bool:
    if token is None:
        return False
    try:
        bearer = await bearer_of(database, token)
    except Refusal:
        return False
    rows = await database.fetch("select handle from users where id = :id", {"id": bearer.viewer.user_id})
    return rows[0]["handle"] == handle


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _greet(host: str, port: int, tokens: dict[str, str]) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    at = f"{host}:{port}"
    console.print(
        f"The Engagement Hub, demo community\n\n  queries   http://{at}/graphql\n  live      ws://{at}/graphql"
    )
    console.print(f"  GraphiQL  http://{at}/ide\n  schema    http://{at}/schema")
    console.print(f"  health    http://{at}/livez  http://{at}/readyz\n")
    for handle, role in _HANDLES.items():
        console.print(f"  {handle:<6} {role:<15} {tokens[handle]}")
    console.print(_TRY.replace("{at}", at).replace("{token}", tokens["ines"]))
    if not _is_loopback(host):
        console.print("Warning: this listens beyond this machine, and the demo is not meant for that.\n", style="red")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_TRY = """
A query to paste:

  { post(slug: "disaster-relief-texas") { id title liveCursor
      comments(first: 3) { nodes { author { handle } body { excerpt } replies { nodes { body { excerpt } } } } }
      clubs { name events(first: 3) { nodes { title startsAt counts { going } } } } } }

With curl, as ines:

  curl -s http://{at}/graphql -H 'Content-Type: application/json' -H 'Authorization: Bearer {token}' \\
    -d '{"query":"{ viewer { user { handle } } posts(first: 3) { nodes { title } } }"}'

A subscription to paste (graphql-transport-ws; the ids come from the query):

  subscription { commentStream(subjectId: "ID", after: "LIVE_CURSOR") { __typename
      ... on CommentAdded { cursor comment { author { handle } body { excerpt } } } ... on CaughtUp { replayed } } }
"""
