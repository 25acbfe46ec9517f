"""Taking part in actions, from outside: in many requests at once, through kill -9, and what stays of an answer."""

import asyncio
import json
import uuid
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub.demo.loading import load
from hub.demo.story import STORY
from hub.live.backend import Backend
from hub.settings import Settings
from hub.store.database import Database
from hub.users.commands import issue_token
from tests.cli.servers import Server, run, serving
from tests.mutations import everything

MARKER = "marker-4711"
ACTION = '{ post(slug: "%s") { action { id tally { value precision } } } }'
SIGN = """mutation ($a: ID!, $k: ID!, $answers: JSON) { participate(input: {actionId: $a, consent: true,
    idempotencyKey: $k, answers: $answers}) { participation { id receipt } replayed
    errors { __typename code message path ... on DuplicateError { existing { id } } } } }"""
SAVE = """mutation ($p: ID!) { saveAction(input: {postId: $p, kind: SIGN, verification: ACCOUNT, consentText: "Yes.",
    fields: [{key: "mail", label: "Where do we reach you?", type: EMAIL, required: true, personal: true}]}) {
    action { id } errors { code } } }"""
_CROWD = 12


async def tokens_of(settings: Settings, *handles: str) -> list[str]:
    """Of a demo that is written first, if it is not there."""
    database = await Database.open(settings)
    try:
        await load(database, STORY)
        return [(await issue_token(database, handle, 1)).text for handle in handles]
    finally:
        await database.close()


async def action_of(server: Server, slug: str = "her-first-ride") -> dict[str, Any]:
    return (await server.ask(ACTION % slug))["data"]["post"]["action"]


async def sign(server: Server, token: str, action_id: str, key: str | None = None, answers: Any = None) -> Any:
    body = await server.ask(SIGN, token, a=action_id, k=key or uuid.uuid4().hex, answers=answers)
    return body["data"]["participate"]


async def test_fifty_requests_of_one_person_to_two_workers_make_one_participation(settings: Settings) -> None:
    (token,) = await tokens_of(settings, "otto")
    async with serving(settings, "serve", "--workers", "2") as server:
        action_id = (await action_of(server))["id"]
        asked: list[Awaitable[Any]] = [sign(server, token, action_id, key="same") for _ in range(25)]
        answers = await asyncio.gather(*asked, *(sign(server, token, action_id) for _ in range(25)))
    took = [answer["participation"] for answer in answers if not answer["errors"]]
    assert len({(one["id"], one["receipt"]) for one in took}) == 1
    refused = [error for answer in answers for error in answer["errors"]]
    assert {(error["__typename"], error["code"]) for error in refused} == {("DuplicateError", "DUPLICATE")}
    assert {error["existing"]["id"] for error in refused} == {took[0]["id"]}
    assert sum(not answer["errors"] and not answer["replayed"] for answer in answers) == 1
    rows = await all_rows(settings, "participations")
    assert sum(took[0]["receipt"] in row for row in rows) == 1


async def all_rows(settings: Settings, table: str | None = None) -> list[str]:
    backend = await Backend.open(settings)
    try:
        tables = await everything(backend)
    finally:
        await backend.close()
    return [row for name, rows in tables.items() if table in {None, name} for row in rows]


async def counted(server: Server) -> dict[str, Any]:
    """The tally once nobody waits to be counted."""
    for _ in range(200):
        tally = (await action_of(server, "disaster-relief-texas"))["tally"]
        if tally["precision"] == "EXACT":
            return tally
        await asyncio.sleep(0.05)
    raise AssertionError("somebody still waits to be counted")


async def test_what_was_answered_survives_kill_9_and_counts_once(settings: Settings) -> None:
    people = [person.handle for person in STORY.people][:_CROWD]
    tokens = await tokens_of(settings, *people)
    quick = {"tally_interval": 0.05}
    answered: list[str] = []
    few = asyncio.Semaphore(3)
    async with serving(settings, "serve", **quick) as server:
        action = await action_of(server, "disaster-relief-texas")
        given = {"help": "Sort and pack"}

        async def take_part(token: str) -> None:
            with suppress(httpx2.TransportError):
                async with few:
                    answer = await sign(server, token, action["id"], answers=given)
                if not answer["errors"]:
                    answered.append(answer["participation"]["receipt"])
                    if len(answered) == _CROWD // 3:
                        await server.kill()

        await asyncio.gather(*map(take_part, tokens))
    assert _CROWD // 3 <= len(answered) < _CROWD
    parts = await all_rows(settings, "participations")
    assert [receipt for receipt in answered if sum(receipt in row for row in parts) != 1] == []
    async with serving(settings, "serve", **quick) as server:
        tally = await counted(server)
    code, output = await run(settings, "recount")
    assert code == 0
    lines = [tuple(map(int, line.split("\t")[1:])) for line in output.splitlines()]
    assert [line for line in lines if (line[0], line[2]) != (line[1], line[3])] == []
    assert tally["value"] in {after for _, after, *_ in lines}
    assert sum(after for _, after, *_ in lines) == len(parts)


@pytest.mark.parametrize("sent", ["well", "twice", "wrongly"])
async def test_a_personal_answer_is_found_nowhere(settings: Settings, tmp_path: Path, sent: str) -> None:
    """Not in what is answered, logged or stored: files are searched as they lie there, rows as they are read."""
    mara, ines = await tokens_of(settings, "mara", "ines")
    log, mail = tmp_path / "log", f"{MARKER}@example.org"
    answers = {"mail": mail} if sent != "wrongly" else {"mail": f"{MARKER} at home", MARKER: mail}
    async with serving(settings, "serve", log=log, slow_operation=0.000001) as server:
        post = (await server.ask('{ post(slug: "welcome") { id } }'))["data"]["post"]["id"]
        action_id = (await server.ask(SAVE, mara, p=post))["data"]["saveAction"]["action"]["id"]
        said = [await sign(server, ines, action_id, answers=answers)]
        if sent == "twice":
            said.append(await sign(server, ines, action_id, answers=answers))
        said.append(await server.ask("{ viewer { participations { nodes { answers receipt } } } }", ines))
        said.append(await server.ask(SIGN.replace("JSON", "String"), ines, a=action_id, k="k", answers=mail))
        said.append(await server.ask("{ node(id: $x) { id } }", ines, x=mail))
    assert bool(said[0]["errors"]) == (sent == "wrongly")
    assert MARKER not in json.dumps(said)
    assert "operation" in log.read_text()
    assert MARKER not in log.read_text()
    assert [row for row in await all_rows(settings) if MARKER in row] == []
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if MARKER.encode() in path.read_bytes()] == []
