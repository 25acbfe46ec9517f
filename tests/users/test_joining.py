"""Becoming a member: what is taken, what does not fit, and that nobody learns which addresses are known."""

import asyncio
import uuid
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from hub.refusals import Refusal
from hub.store.instants import now
from hub.users import links, registering
from hub.users.links import Purpose, link_to, read_link
from tests.client import Client
from tests.letters import Inbox, a_member, token_in
from tests.mutations import attempt, everything, number, refused, send, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "a long enough secret"


def person(**changes: Any) -> dict[str, Any]:
    handle = f"p{uuid.uuid4().hex[:10]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD, **changes}


async def people(client: Client, handle: str) -> int:
    return await number(client.backend, "select count(*) as n from users where handle = :handle", handle=handle)


async def test_nothing_shows_of_somebody_until_the_link_is_opened(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person(displayName=" Some \n Body ")
    before = await everything(shared.backend)
    payload = await write(shared, "register", **given)
    nothing = {"user": None, "accessToken": None, "refreshToken": None, "expiresAt": None}
    assert payload == {**nothing, "replayed": False, "errors": []}
    after = await everything(shared.backend)
    assert {name for name in after if after[name] != before[name]} == {"registrations", "idempotency"}
    shown = await shared.data("query ($h: String!) { user(handle: $h) { id } }", h=given["handle"])
    assert shown == {"user": None}
    (mail,) = await inbox.to(given["email"])
    assert (mail.subject, mail.kind) == ("Confirm your address", "join")
    assert f"{shared.backend.settings.site_url}/verify-email#token=" in mail.text
    verified = await write(shared, "verifyEmail", token=token_in(mail))
    assert (verified["user"]["handle"], verified["user"]["displayName"]) == (given["handle"], "Some Body")
    assert given["email"] not in str((await everything(shared.backend))["registrations"])


async def test_a_link_works_once(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    await write(shared, "register", **given)
    token = await inbox.link(given["email"])
    both = await asyncio.gather(*(attempt(shared, "verifyEmail", token=token) for _ in range(2)))
    assert sorted(len(payload["errors"]) for payload in both) == [0, 1]
    error = await refused(shared, "verifyEmail", token=token)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "token"])
    assert await people(shared, given["handle"]) == 1


async def test_a_link_that_is_not_ours_or_for_something_else_is_refused(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    await a_member(shared, inbox, given)
    await write(shared, "requestPasswordReset", login=given["handle"])
    reset = await inbox.link(given["email"])
    other = person()
    await write(shared, "register", **other)
    token = await inbox.link(other["email"])
    forged = URLSafeTimedSerializer("another key", salt="hub.link.join").dumps([1, ""])
    for bad in (reset, forged, "", "x" * 100_000, token[:-1], token.swapcase(), "ü", "a.b.c"):
        error = await refused(shared, "verifyEmail", token=bad)
        assert (error["code"], error["path"]) == ("INVALID", ["input", "token"])
    await write(shared, "verifyEmail", token=token)


@pytest.mark.parametrize("made_for", Purpose)
async def test_a_link_opens_nothing_but_what_it_is_for(shared: Client, made_for: Purpose) -> None:
    token = link_to(shared.backend, made_for, 7, "stamp").partition("#token=")[2]
    assert read_link(shared.backend, token, *Purpose) == (made_for, 7, "stamp")
    with pytest.raises(Refusal):
        read_link(shared.backend, token, *(purpose for purpose in Purpose if purpose is not made_for))


async def test_a_link_ends_and_so_does_what_waits_for_it(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, given = Inbox(shared.backend), person()
    await write(shared, "register", **given)
    token = await inbox.link(given["email"])
    with monkeypatch.context() as patch:
        patch.setattr(links, "_seconds", lambda *_: -1)
        assert (await refused(shared, "verifyEmail", token=token))["code"] == "INVALID"
    await registering.prune(shared.backend.database, now())
    assert (await refused(shared, "verifyEmail", token=token))["code"] == "INVALID"
    assert await number(shared.backend, "select count(*) as n from registrations") == 0


async def test_a_known_address_answers_like_an_unknown_one_and_its_owner_hears_of_it(shared: Client) -> None:
    inbox, member = Inbox(shared.backend), person()
    await a_member(shared, inbox, member)
    answers = []
    for email in (member["email"], member["email"].upper(), f"{uuid.uuid4().hex}@example.org"):
        given = person(email=email)
        before = await everything(shared.backend)
        async with shared.backend.database.watching() as log:
            answers.append(await send(shared, "register", **given))
        sent = sorted(log.statements[:3])  # the letter, written after the answer, may look further
        await inbox.to(email)
        after = await everything(shared.backend)
        changed = tuple(sorted(name for name in after if after[name] != before[name]))
        more = tuple(len(after[name]) - len(before[name]) for name in changed)
        answers[-1] = (str(answers[-1]), changed, more, tuple(sent))
    assert len(set(answers)) == 1
    known = [mail for mail in await inbox.to(member["email"]) if mail.kind == "known"]
    assert len(known) == 2
    assert "#token=" not in known[0].text
    assert member["handle"] in known[0].text


async def test_whom_a_handle_is_promised_to_is_not_told(shared: Client) -> None:
    """Else one could register a handle with somebody's address, and try whether it is held now."""
    inbox, handle = Inbox(shared.backend), f"w{uuid.uuid4().hex[:10]}"
    first, second = person(handle=handle), person(handle=handle)
    await write(shared, "register", **first)
    await write(shared, "register", **second)
    await write(shared, "verifyEmail", token=await inbox.link(second["email"]))
    error = await refused(shared, "verifyEmail", token=await inbox.link(first["email"]))
    assert (error["__typename"], error["path"]) == ("DuplicateError", ["input", "handle"])
    assert (await refused(shared, "register", **person(handle=handle)))["code"] == "DUPLICATE"


async def test_of_two_links_to_one_address_one_makes_a_person(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    await write(shared, "register", **given)
    first = await inbox.link(given["email"])
    await write(shared, "register", **person(email=given["email"]))
    await write(shared, "verifyEmail", token=await inbox.link(given["email"]))
    error = await refused(shared, "verifyEmail", token=first)
    assert (error["__typename"], error["path"]) == ("DuplicateError", ["input", "email"])
    count = "select count(*) as n from accounts where email_key = :key"
    assert await number(shared.backend, count, key=given["email"]) == 1


async def test_a_handle_is_taken_in_any_case_and_by_its_looks(shared: Client) -> None:
    given = person(handle=f"Kim0rn.{uuid.uuid4().hex[:6]}")
    await a_member(shared, Inbox(shared.backend), given)
    alike = given["handle"].replace("Kim0rn.", "K1mom_")
    for handle in (given["handle"], given["handle"].upper(), alike, "Mara", "rnara", "0tto"):
        error = await refused(shared, "register", **person(handle=handle))
        assert (error["__typename"], error["code"], error["path"]) == (
            "DuplicateError",
            "DUPLICATE",
            ["input", "handle"],
        )


@pytest.mark.parametrize("handle", ["admin", "Admin", "adm1n", "rnoderator", "hub", "policy.team", "supp0rt"])
async def test_nobody_may_look_like_the_house(shared: Client, handle: str) -> None:
    assert (await refused(shared, "register", **person(handle=handle)))["code"] == "DUPLICATE"


@pytest.mark.parametrize(
    "handle",
    ["", "x", "x" * 31, "a b", "-ab", "ab-", ".ab", "ab.", "a@b", "añb", "ab\n", "a/b", "a%b", "\u202eab", "日本"],
)
async def test_a_handle_has_a_form(shared: Client, handle: str) -> None:
    error = await refused(shared, "register", **person(handle=handle))
    assert (error["code"], error["path"], error["min"], error["max"]) == ("INVALID", ["input", "handle"], 2, 30)


@pytest.mark.parametrize("handle", ["ab", "A7", "a.b-c_d", "x" * 30])
async def test_a_handle_of_the_form_is_kept_as_it_is(shared: Client, handle: str) -> None:
    inbox, given = Inbox(shared.backend), person(handle=handle)
    await write(shared, "register", **given)
    assert (await write(shared, "verifyEmail", token=await inbox.link(given["email"])))["user"]["handle"] == handle


@pytest.mark.parametrize(
    "email", ["", "x", "a@", "@b.org", "a@b", "a b@c.org", "a@b..org", "x" * 300 + "@b.org", "a@b.org\n"]
)
async def test_an_address_has_a_form(shared: Client, email: str) -> None:
    error = await refused(shared, "register", **person(email=email))
    assert (error["code"], error["path"]) == ("INVALID", ["input", "email"])


@pytest.mark.parametrize(("password", "code"), [("", "TOO_SHORT"), ("1234567", "TOO_SHORT"), ("x" * 257, "TOO_LONG")])
async def test_a_password_has_a_length(shared: Client, password: str, code: str) -> None:
    error = await refused(shared, "register", **person(password=password))
    assert (error["code"], error["path"], error["min"], error["max"]) == (code, ["input", "password"], 8, 256)


@pytest.mark.parametrize(("name", "code"), [("x" * 121, "TOO_LONG"), ("   ", "REQUIRED"), ("\u200b", "REQUIRED")])
async def test_a_name_to_show_has_a_length(shared: Client, name: str, code: str) -> None:
    error = await refused(shared, "register", **person(displayName=name))
    assert (error["code"], error["path"]) == (code, ["input", "displayName"])


@pytest.mark.parametrize("parallel", [False, True])
async def test_the_same_key_and_input_are_taken_down_once(shared: Client, parallel: bool) -> None:
    inbox, given = Inbox(shared.backend), person(idempotencyKey=uuid.uuid4().hex)
    calls = [write(shared, "register", **given) for _ in range(20 if parallel else 2)]
    payloads = await asyncio.gather(*calls) if parallel else [await call for call in calls]
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (len(payloads) - 1)
    assert len(await inbox.to(given["email"])) == 1
    waiting = "select count(*) as n from registrations where email = :email"
    assert await number(shared.backend, waiting, email=given["email"]) == 1


async def test_the_same_key_with_other_input_is_refused(shared: Client) -> None:
    given = person(idempotencyKey=uuid.uuid4().hex)
    await write(shared, "register", **given)
    for change in ({"handle": "x" + given["handle"]}, {"displayName": "Other"}):
        error = await refused(shared, "register", **{**given, **change})
        assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])


async def test_the_same_key_of_two_people_is_taken_down_for_both(shared: Client) -> None:
    key = uuid.uuid4().hex
    payloads = [await write(shared, "register", **person(idempotencyKey=key)) for _ in range(2)]
    assert [payload["replayed"] for payload in payloads] == [False, False]
