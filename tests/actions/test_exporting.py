"""Participations for the team: all of them, by who may, in batches, and no cell is a formula."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from hub.actions.commands.asking import Question
from hub.actions.exporting import Form, begin, parts
from hub.graph.callers import Callers
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.partners.commands.tokens import issue_personal_token
from hub.refusals import ErrorCode, Refusal
from hub.users.commands import issue_token
from hub.web.addresses import Addresses
from hub.web.exports import Exports
from tests.actions.acting import an_action, sign
from tests.actions.test_participating import ADDRESS, MARKER, SHIRT
from tests.conftest import viewer_of

PAGE = "https://club.example/sign"
PEOPLE = ("ines", "jonas", "bea")
EVIL = Question("evil", "Anything?", "TEXT", required=False, personal=False)


async def signed(backend: Backend) -> int:
    action_id = await an_action(backend, questions=[ADDRESS, SHIRT, EVIL])
    said = {"display_name": "=1+1", "public_note": "@now", "region": "-TX", "referral": "+49", "referral_url": PAGE}
    for handle in PEOPLE:
        answers = {"mail": MARKER, "shirt": "M", "evil": "=cmd()"}
        await sign(backend, await viewer_of(backend, handle), action_id, answers=answers, **said)
    return action_id


async def exported(backend: Backend, action_id: int, form: Form, *, by: str = "mara", **asked: Any) -> str:
    asked = {"personal": False, "reason": None, **asked}
    export = await begin(backend, await viewer_of(backend, by), action_id=action_id, form=form, **asked)
    return b"".join([part async for part in parts(backend, export)]).decode()


@pytest.fixture
async def browser(story: Backend) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=[Exports(story, Callers(story), Addresses()).route()])
    base = "https://hub.example/exports/participations/"
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=base) as client:
        yield client


async def bearer(backend: Backend, handle: str, *scopes: str) -> dict[str, str]:
    if scopes:
        token = await issue_personal_token(backend, await viewer_of(backend, handle), name="x", scopes=scopes)
    else:
        token = await issue_token(backend.database, handle, 1)
    return {"Authorization": f"Bearer {token.text}"}


async def test_both_forms_hold_each_participation_once(story: Backend) -> None:
    action_id = await signed(story)
    for batch in (1, 2, 3, 100):
        story.settings = story.settings.model_copy(update={"export_batch": batch})
        lines = [orjson.loads(line) for line in (await exported(story, action_id, "jsonl")).splitlines()]
        rows = list(csv.DictReader(io.StringIO(await exported(story, action_id, "csv"))))
        assert len({line["receipt"] for line in lines}) == len(PEOPLE)
        assert [row["receipt"] for row in rows] == [line["receipt"] for line in lines]
    ids = {(await viewer_of(story, handle)).user_id for handle in PEOPLE}
    assert {line["person"]["identifiers"][0] for line in lines} == {f"hub:{one}" for one in ids}
    assert lines[0]["custom_fields"] == {"shirt": "M", "evil": "=cmd()"}
    assert (lines[0]["referrer_data"], lines[0]["status"]) == (
        {"source": "+49", "url": PAGE, "referrer": None, "app": None},
        "COUNTED",
    )


async def test_no_cell_begins_as_a_formula_does(story: Backend) -> None:
    action_id = await signed(story)
    rows = list(csv.reader(io.StringIO(await exported(story, action_id, "csv"))))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    named = dict(zip(*rows[:2], strict=True))
    assert (named["display_name"], named["answer.evil"], named["region"]) == ("'=1+1", "'=cmd()", "'-TX")


async def test_an_answer_whose_field_is_gone_stands_in_a_column_for_others(story: Backend) -> None:
    action_id = await signed(story)
    await an_action(story, questions=[SHIRT])
    (row, *_) = csv.DictReader(io.StringIO(await exported(story, action_id, "csv")))
    assert (row["answer.shirt"], orjson.loads(row["other_answers"])) == ("M", {"evil": "=cmd()"})


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_personal_answers_want_a_reason_and_are_logged(story: Backend, form: Form) -> None:
    action_id = await signed(story)
    assert MARKER not in await exported(story, action_id, form)
    for reason, code in ((None, ErrorCode.REQUIRED), (" ", ErrorCode.REQUIRED), ("x" * 501, ErrorCode.TOO_LONG)):
        with pytest.raises(Refusal) as caught:
            await exported(story, action_id, form, personal=True, reason=reason)
        assert caught.value.code == code
    text = await exported(story, action_id, form, personal=True, reason="handed over")
    assert text.count(MARKER) == len(PEOPLE)
    rows = await story.database.fetch("select * from audit_log where action = 'participations.exported' order by id")
    assert [row["reason"] for row in rows] == [None, "handed over"]
    assert MARKER not in str(rows)


async def test_answers_that_no_key_opens_are_marked_and_break_nothing(story: Backend) -> None:
    action_id = await signed(story)
    story.settings = story.settings.model_copy(update={"secret_key": ("x" * 40,)})
    text = await exported(story, action_id, "jsonl", personal=True, reason="handed over")
    answers = [orjson.loads(line)["custom_fields"] for line in text.splitlines()]
    assert answers == [{"shirt": "M", "evil": "=cmd()", "hub:unreadable": True}] * len(PEOPLE)


async def test_only_the_team_exports(story: Backend) -> None:
    action_id = await signed(story)
    for handle in ("ines", "otto"):
        with pytest.raises(Refusal):
            await exported(story, action_id, "csv", by=handle)
    assert await story.database.fetch("select id from audit_log where action = 'participations.exported'") == []


async def test_over_http_a_token_needs_the_scope(story: Backend, browser: httpx2.AsyncClient) -> None:
    address = to_global("Action", await signed(story))
    team = await bearer(story, "mara")
    whole = await browser.get(f"{address}.csv", headers=team)
    assert (whole.status_code, whole.text.count("COUNTED")) == (200, len(PEOPLE))
    assert whole.headers["content-type"].startswith("text/csv")
    asked = {"personal": "true", "reason": "handed over"}
    assert (await browser.get(f"{address}.jsonl", headers=team, params=asked)).text.count(MARKER) == len(PEOPLE)
    for headers, params, status in (
        ({}, {}, 401),
        ({"Authorization": "Bearer nonsense"}, {}, 401),
        (await bearer(story, "ines"), {}, 403),
        (await bearer(story, "mara", "ACTIONS_READ_PERSONAL"), asked, 403),
        (await bearer(story, "mara", "EXPORT"), asked, 403),
        (await bearer(story, "mara", "EXPORT"), {}, 200),
        (await bearer(story, "mara", "EXPORT", "ACTIONS_READ_PERSONAL"), asked, 200),
        (team, {"personal": "true"}, 400),
    ):
        answer = await browser.get(f"{address}.csv", headers=headers, params=params)
        assert answer.status_code == status, answer.text
        assert (MARKER in answer.text) == (status == 200 and bool(params))
    for wrong in (f"{address}.xml", f"{to_global('Action', 1)}.csv"):
        assert (await browser.get(wrong, headers=team)).status_code == 404
    assert (await browser.get("nonsense.csv", headers=team)).status_code == 400
