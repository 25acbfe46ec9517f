"""People without an account take part by the link in a mail: once, unforgeably, and nobody learns who is known."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from hub.actions.commands import guests
from hub.actions.commands.confirming import confirm, linked, withdraw_by_link
from hub.actions.commands.drafting import Part
from hub.actions.commands.guests import participate_as_guest
from hub.actions.commands.participating import TookPart
from hub.actions.commands.withdrawing import withdraw, withdraw_by_receipt
from hub.actions.links import link_to
from hub.actions.tallying import tally
from hub.live.backend import Backend
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import NOBODY, Viewer
from hub.store.instants import now
from hub.web.mail.routes import mail_routes
from tests.actions.acting import an_action, parts_of, sign, tally_of
from tests.conftest import viewer_of
from tests.letters import Inbox

NORA, NET = "Nora@Example.org", "203.0.113.7"


async def by_mail(backend: Backend, **asked: Any) -> int:
    return await an_action(backend, **{"verification": "EMAIL", "allow_anonymous": True, **asked})


async def ask(
    backend: Backend,
    action_id: int,
    email: str | None = NORA,
    *,
    key: str | None = None,
    viewer: Viewer = NOBODY,
    **said: Any,
) -> TookPart:
    part = Part(**{"consent": True, **said})
    key = key or str(now())
    return await participate_as_guest(backend, viewer, action_id=action_id, part=part, key=key, email=email, net=NET)


async def token(inbox: Inbox, address: str = NORA) -> str:
    mail = (await inbox.to(address))[-1]
    (link,) = re.findall(r"^http\S+/participations/(\S+)$", mail.text, re.MULTILINE)
    return link


async def with_address(backend: Backend, handle: str, address: str, *, verified: bool = True) -> Viewer:
    viewer = await viewer_of(backend, handle)
    await backend.database.write(
        "update accounts set email = :email, email_key = :key,"
        " email_verified_at = case when {as_bool verified} then {now} end where id = {as_id id}",
        {"id": viewer.user_id, "email": address, "key": address.casefold(), "verified": verified},
    )
    return viewer


async def test_what_is_confirmed_counts_and_what_is_not_does_not(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    took = await ask(story, action_id, region="TX")
    assert took.pending
    assert [row["status"] for row in await parts_of(story, action_id)] == ["PENDING_VERIFICATION"]
    await tally(story.database, 100)
    assert await tally_of(story, action_id) == (0, {})
    link = await token(inbox)
    assert [await confirm(story, link) for _ in range(2)] == [False, True]
    await tally(story.database, 100)
    assert await tally_of(story, action_id) == (1, {"TX": 1})
    (row,) = await parts_of(story, action_id)
    assert (row["id"], row["user_id"], row["status"]) == (took.id, None, "COUNTED")


async def test_no_address_is_kept(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await ask(story, action_id)
    await confirm(story, await token(inbox))
    for table in ("participations", "idempotency", "kept_keys", "audit_log", "log"):
        kept = str(await story.database.fetch(f"select * from {table}")).casefold()
        assert "nora@" not in kept
        assert NET not in kept


async def test_a_link_that_is_forged_too_old_or_of_something_dropped_confirms_nothing(
    story: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    took = await ask(story, action_id)
    good = await token(inbox)
    other = Backend(story.settings.model_copy(update={"secret_key": ("x" * 40,)}), story.database, story.broker)
    forged = link_to(other, took.id).rpartition("/")[2]
    for bad in (forged, good[:-1], good[2:], "x", "x" * 5_000):
        for deed in (confirm, withdraw_by_link, linked):
            with pytest.raises(Refusal) as caught:
                await deed(story, bad)
            assert (caught.value.code, caught.value.path) == (ErrorCode.INVALID, ("token",))
    later = now() + timedelta(hours=story.settings.verify_hours, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr("hub.actions.links.now", lambda: later)
        with pytest.raises(Refusal):
            await confirm(story, good)
    assert [row["status"] for row in await parts_of(story, action_id)] == ["PENDING_VERIFICATION"]
    await guests.prune(story.database, now() + timedelta(seconds=1))
    with pytest.raises(Refusal):
        await confirm(story, good)
    assert await parts_of(story, action_id) == []


async def test_what_counts_is_taken_back_by_the_same_link_however_old_and_for_good(
    story: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await ask(story, action_id)
    link = await token(inbox)
    await confirm(story, link)
    await tally(story.database, 100)
    await guests.prune(story.database, now() + timedelta(days=1))
    later = now() + timedelta(days=400)
    monkeypatch.setattr("hub.actions.links.now", lambda: later)
    assert [await withdraw_by_link(story, link) for _ in range(2)] == [False, True]
    await tally(story.database, 100)
    assert await tally_of(story, action_id) == (0, {})
    with pytest.raises(Refusal):
        await confirm(story, link)
    assert [row["status"] for row in await parts_of(story, action_id)] == ["WITHDRAWN"]


async def test_an_address_takes_part_once_however_often_it_is_asked_for(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    links = []
    for spelled in (NORA, NORA.lower(), NORA.upper()):
        await ask(story, action_id, spelled, key=spelled)
        links.append(await token(inbox))
    answers = await asyncio.gather(*(confirm(story, link) for link in links * 3), return_exceptions=True)
    refused = {type(answer) for answer in answers if isinstance(answer, BaseException)}
    assert refused == {DuplicateRefusal}
    assert answers.count(False) == 1
    statuses = sorted(row["status"] for row in await parts_of(story, action_id))
    assert statuses == ["COUNTED", "PENDING_VERIFICATION", "PENDING_VERIFICATION"]


async def test_known_and_unknown_addresses_answer_and_leave_the_same(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await sign(story, await with_address(story, "ines", "ines@example.org"), action_id)
    answers = [await ask(story, action_id, address) for address in (NORA, "Ines@example.org")]
    assert [(answer.pending, answer.replayed) for answer in answers] == [(True, False)] * 2
    rows = [row for row in await parts_of(story, action_id) if row["user_id"] is None]
    shape = [{name: value is None for name, value in row.items()} | {"status": row["status"]} for row in rows]
    assert len(rows) == 2
    assert shape[0] == shape[1]
    kinds = [(await inbox.to(address))[-1].kind for address in (NORA, "ines@example.org")]
    assert kinds == ["confirm", "known"]


async def test_who_has_an_account_with_the_address_does_not_take_part_twice(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    took = await ask(story, action_id)
    ines = await with_address(story, "ines", NORA)
    link = await token(inbox)
    first = await sign(story, ines, action_id)  # what waits to be confirmed keeps nobody out
    with pytest.raises(DuplicateRefusal):
        await confirm(story, link)
    assert first.id != took.id
    jonas = await with_address(story, "jonas", "jonas@example.org")
    await ask(story, action_id, "jonas@example.org")
    await confirm(story, await token(inbox, "jonas@example.org"))
    with pytest.raises(DuplicateRefusal) as caught:
        await sign(story, jonas, action_id)
    assert caught.value.existing is not None
    counted = [row["id"] for row in await parts_of(story, action_id) if row["status"] == "COUNTED"]
    assert len(counted) == 2
    assert caught.value.existing[1] in counted


async def test_an_address_that_an_account_has_not_confirmed_keeps_nobody_out(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await sign(story, await with_address(story, "ines", NORA, verified=False), action_id)
    await ask(story, action_id)
    assert await confirm(story, await token(inbox)) is False


async def test_who_withdrew_by_account_comes_back_unless_the_address_takes_part(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    ines = await with_address(story, "ines", NORA)
    first = await sign(story, ines, action_id)
    await withdraw(story, ines, participation_id=first.id)
    await ask(story, action_id)
    link = await token(inbox)
    await confirm(story, link)
    with pytest.raises(DuplicateRefusal):
        await sign(story, ines, action_id)
    await withdraw_by_link(story, link)
    assert (await sign(story, ines, action_id)).id == first.id


async def test_the_same_key_writes_one_row_and_one_mail(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    answers = [await ask(story, action_id, key="one") for _ in range(2)]
    assert [(answer.id, answer.replayed) for answer in answers] == [(answers[0].id, False), (answers[0].id, True)]
    assert len(await inbox.to(NORA)) == 1
    with pytest.raises(Refusal) as caught:
        await ask(story, action_id, key="one", region="NE")
    assert caught.value.code == ErrorCode.IDEMPOTENCY_MISMATCH


@pytest.mark.parametrize("limited", ["participation_mails_per_account", "participation_mails_per_address"])
async def test_mail_is_limited_by_its_address_and_by_where_it_was_asked(story: Backend, limited: str) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    story.settings = story.settings.model_copy(update={limited: "2/hour"})
    for number in range(2):
        await ask(story, action_id, NORA, key=str(number))
    with pytest.raises(ThrottleRefusal):
        await ask(story, action_id, NORA.upper())
    assert len(await inbox.to(NORA)) == 2
    assert len(await parts_of(story, action_id)) == 2
    if limited == "participation_mails_per_account":
        assert (await ask(story, action_id, "else@example.org")).pending


async def test_where_nothing_is_verified_it_counts_at_once_and_nobody_writes(story: Backend) -> None:
    action_id, inbox = await by_mail(story, verification="NONE"), Inbox(story)
    took = [await ask(story, action_id, NORA, key=key, region="IA") for key in ("one", "two", "one")]
    assert [one.pending for one in took] == [False] * 3
    assert took[0].id == took[2].id != took[1].id
    assert await inbox.to(NORA) == []
    await tally(story.database, 100)
    assert await tally_of(story, action_id) == (2, {"IA": 2})


async def test_a_receipt_takes_back_what_it_was_given_for(story: Backend) -> None:
    action_id = await by_mail(story, verification="NONE")
    took, _ = [await ask(story, action_id, key=key, region="IA") for key in ("one", "two")]
    receipt = (took.receipt or "").lower()
    assert [await withdraw_by_receipt(story, receipt=f" {receipt} ", net=NET) for _ in range(2)] == [False, True]
    await tally(story.database, 100)
    assert await tally_of(story, action_id) == (1, {"IA": 1})
    await story.database.write("update participations set status = 'INVALIDATED'", {})
    for given, code in (
        (receipt, ErrorCode.FORBIDDEN),
        ("F" * 23, ErrorCode.NOT_FOUND),
        ("F" * 41, ErrorCode.TOO_LONG),
    ):
        with pytest.raises(Refusal) as caught:
            await withdraw_by_receipt(story, receipt=given, net=NET)
        assert caught.value.code == code


async def test_nobody_tries_receipts_without_end(story: Backend) -> None:
    took = await ask(story, await by_mail(story, verification="NONE"))
    story.settings = story.settings.model_copy(update={"receipts_per_address": "3/hour"})
    for number in range(3):
        with pytest.raises(Refusal) as caught:
            await withdraw_by_receipt(story, receipt=f"guess {number}", net=NET)
        assert caught.value.code == ErrorCode.NOT_FOUND
    with pytest.raises(ThrottleRefusal):
        await withdraw_by_receipt(story, receipt=took.receipt or "", net=NET)
    assert await withdraw_by_receipt(story, receipt=took.receipt or "", net="198.51.100.1") is False


@pytest.mark.parametrize(
    ("asked", "given", "code"),
    [
        ({"allow_anonymous": False}, {}, ErrorCode.UNAUTHENTICATED),
        ({"verification": "ACCOUNT", "allow_anonymous": False}, {}, ErrorCode.UNAUTHENTICATED),
        ({"paused": True}, {}, ErrorCode.LOCKED),
        ({"closes_at": now() - timedelta(hours=1)}, {}, ErrorCode.CLOSED),
        ({}, {"email": None}, ErrorCode.REQUIRED),
        ({}, {"email": "nobody"}, ErrorCode.INVALID),
        ({}, {"consent": False}, ErrorCode.REQUIRED),
        ({}, {"viewer": Viewer(app_id=1)}, ErrorCode.FORBIDDEN),
        ({}, {"viewer": Viewer(user_id=1)}, ErrorCode.FORBIDDEN),
    ],
)
async def test_who_may_not_take_part_without_an_account(
    story: Backend, asked: dict[str, Any], given: dict[str, Any], code: ErrorCode
) -> None:
    action_id, inbox = await by_mail(story, **asked), Inbox(story)
    with pytest.raises(Refusal) as caught:
        await ask(story, action_id, **given)
    assert caught.value.code == code
    assert await parts_of(story, action_id) == []
    assert await inbox.to(NORA) == []


async def test_nobody_without_an_account_is_let_in_where_one_is_asked_for(story: Backend) -> None:
    for level in ("ACCOUNT", "OWNER"):
        with pytest.raises(Refusal) as caught:
            await by_mail(story, verification=level)
        assert caught.value.path == ("allowAnonymous",)


async def test_nothing_is_confirmed_after_the_end_or_in_a_pause(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await ask(story, action_id)
    link = await token(inbox)
    for asked, code in (
        ({"paused": True}, ErrorCode.LOCKED),
        ({"closes_at": now() - timedelta(seconds=1)}, ErrorCode.CLOSED),
    ):
        await by_mail(story, **asked)
        with pytest.raises(Refusal) as caught:
            await confirm(story, link)
        assert caught.value.code == code
    await story.database.write("update subjects set visibility = 'MEMBERS'", {})
    with pytest.raises(Refusal):
        await confirm(story, link)
    await by_mail(story)
    assert await confirm(story, link) is False


async def test_what_was_struck_out_is_not_confirmed_again_nor_taken_back(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await ask(story, action_id)
    link = await token(inbox)
    await confirm(story, link)
    await story.database.write("update participations set status = 'INVALIDATED'", {})
    for deed in (confirm, withdraw_by_link):
        with pytest.raises(Refusal):
            await deed(story, link)
    await ask(story, action_id, key="again")
    assert (await inbox.to(NORA))[-1].kind == "known"


async def test_no_link_reaches_what_belongs_to_an_account(story: Backend) -> None:
    action_id = await by_mail(story)
    took = await sign(story, await viewer_of(story, "ines"), action_id)
    link = link_to(story, took.id).rpartition("/")[2]
    for deed in (confirm, withdraw_by_link, linked):
        with pytest.raises(Refusal):
            await deed(story, link)
    assert [row["status"] for row in await parts_of(story, action_id)] == ["COUNTED"]


async def test_the_page_behind_the_link_changes_nothing_until_its_button_is_pressed(story: Backend) -> None:
    action_id, inbox = await by_mail(story), Inbox(story)
    await story.database.write("update posts set title = :title", {"title": "Help <now> {please}"})
    took = await ask(story, action_id)
    link = await token(inbox)
    (receipt,) = [row["receipt"] for row in await parts_of(story, action_id) if row["id"] == took.id]
    app = Starlette(routes=mail_routes(story))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://hub.example/participations/") as browser:
        at = link
        for deed, told in (("confirm", receipt), ("withdraw", "any more")):
            shown = await browser.get(link)
            assert shown.status_code == 200
            assert "Help &lt;now&gt; {please}" in shown.text
            at = re.findall(r'action="([^"]+)"', shown.text)[0]
            assert at == f"{link}/{deed}"
            done = await browser.post(at)
            assert told in done.text
            assert (await browser.get(at)).status_code == 405
        assert "form" not in (await browser.get(link)).text
        assert (await browser.get(f"{link[:-1]}")).status_code == 404
        assert (await browser.post(f"{link}/confirm")).status_code == 404
