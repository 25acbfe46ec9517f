"""Before anything is measured: all answer alike, and how many statements each sends for a page.

Each server is started for this alone, behind a counter, and asked one request after the other.
"""

import json
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from tests.bench.pages.community import Sizes
from tests.bench.pages.counting import Counter, FileCounter, counted
from tests.bench.pages.documents import Asked, Page
from tests.bench.pages.load import KEY_MARK
from tests.bench.pages.peers import as_peer, normal_peer
from tests.bench.pages.processes import free_port, running
from tests.bench.pages.servers import Contestant

_WARMING = 3
_COUNTED = 5
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Different(SystemExit):
    """Two servers do not show the same; nothing is measured."""


@dataclass
class Seen:
    """What one server answered, by page, and what it cost the database in statements."""

    answers: dict[str, list[Any]]
    statements: dict[str, float]


async def check(
    contestants: list[Contestant], pages: list[Page], sizes: Sizes, tokens: dict[int, str], folder: Path
) -> dict[str, dict[str, float]]:
    """Statements by server and page; raises `Different`."""
    seen = {one.name: await _ask_all(one, pages, sizes, tokens, folder) for one in contestants}
    first, *others = contestants
    for other in others:
        for page in pages:
            for asked, ours, theirs in zip(
                page.subjects(sizes, _WARMING + _COUNTED),
                seen[first.name].answers[page.name],
                seen[other.name].answers[page.name],
                strict=True,
            ):
                compare(page, asked, sizes, other, ours, theirs)
    return {name: one.statements for name, one in seen.items()}


async def _ask_all(one: Contestant, pages: list[Page], sizes: Sizes, tokens: dict[int, str], folder: Path) -> Seen:
    seen = Seen({}, {})
    async with _counting(one, folder) as counter:
        port = free_port()
        command = one.command(counter.url, port)
        if isinstance(counter, FileCounter):
            command = one.counted(command, counter.path)
        async with (
            running(one.name, command, port, folder / f"{one.name}-checked.log"),
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        ):
            for page in pages:
                subjects = page.subjects(sizes, _WARMING + _COUNTED)
                answers = [await _ask(client, one, page, asked, tokens) for asked in subjects[:_WARMING]]
                before = counter.read()
                answers += [await _ask(client, one, page, asked, tokens) for asked in subjects[_WARMING:]]
                seen.statements[page.name] = round((counter.read() - before) / _COUNTED, 1)
                seen.answers[page.name] = answers
    return seen


@asynccontextmanager
async def _counting(one: Contestant, folder: Path) -> AsyncIterator[Counter]:
    if one.database_url.startswith("sqlite"):
        yield FileCounter(one.database_url, folder / f"{one.name}-statements")
        return
    async with counted(one.database_url) as counter:
        yield counter


async def _ask(client: httpx2.AsyncClient, one: Contestant, page: Page, asked: Asked, tokens: dict[int, str]) -> Any:
    body = json.dumps(one.body(page, asked)).replace(KEY_MARK, uuid.uuid4().hex[: len(KEY_MARK)])
    headers = {"content-type": "application/json"}
    if asked.writer is not None:
        headers["authorization"] = f"Bearer {tokens[asked.writer]}"
    answer = await client.post("/graphql", content=body, headers=headers)
    data = answer.json()
    if answer.status_code != 200 or "errors" in data or any(value is None for value in data["data"].values()):
        raise Different(f"{one.name} does not answer {page.name}: {answer.text[:1_000]}")
    return data["data"]


def compare(page: Page, asked: Asked, sizes: Sizes, other: Contestant, ours: Any, theirs: Any) -> None:
    if asked.writer is not None:
        if not other.is_peer:
            ours, theirs = _written(ours), _written(theirs)
        else:
            ours, theirs = asked.peer["body"], theirs["addComment"]["comment"]["body"]
    elif other.is_peer:
        ours, theirs = as_peer(ours, sizes), normal_peer(theirs)
    ours, theirs = _normal(ours), _normal(theirs)
    if ours != theirs:
        raise Different(f"{page.name} {asked.variables}: {_where(ours, theirs, other.name)}")


def _written(data: Any) -> Any:
    """Of a new comment what does not change with each; its number must be the count that it shows."""
    payload = data["addComment"]
    comment = payload["comment"]
    return {
        "errors": payload["errors"],
        "body": comment["body"],
        "author": comment["author"],
        "subject": comment["subject"]["id"],
        "counted": comment["number"] == comment["subject"]["commentCount"]["value"],
    }


def _normal(value: Any) -> Any:
    """Times as instants, however they are written."""
    if isinstance(value, dict):
        return {name: _normal(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_normal(one) for one in value]
    if isinstance(value, str) and _TIME.match(value):
        return datetime.fromisoformat(value).timestamp()
    return value


def _where(ours: Any, theirs: Any, other: str, path: str = "data") -> str:
    """The first place at which two answers differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        place = next(name for name in ours if ours[name] != theirs[name])
        return _where(ours[place], theirs[place], other, f"{path}.{place}")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        place = next(i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b)
        return _where(ours[place], theirs[place], other, f"{path}[{place}]")
    return f"at {path} the first has {json.dumps(ours)[:300]}, {other} has {json.dumps(theirs)[:300]}"
