"""Lost and changed passwords and addresses."""

import asyncio
from typing import Any

import pytest

from hub.refusals import Refusal
from hub.users.tokens import bearer_of
from tests.client import Client
from tests.letters import Inbox, a_member
from tests.mutations import attempt, everything, refused, send, untouched, write
from tests.users.people import PASSWORD, person

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW = "quite another secret"


async def is_good(client: Client, token: str) -> bool:
    try:
        await bearer_of(client.backend.database, token)
    except Refusal:
        return False
    return True


async def logs_in(client: Client, login: str, password: str) -> bool:
    return (await attempt(client, "login", login=login, password=password))["errors"] == []


async def test_a_lost_password_is_set_anew_by_the_link_once_and_ends_all_sessions(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    first = await a_member(shared, inbox, given)
    payload = await write(shared, "requestPasswordReset", login=given["handle"].upper())
    assert payload["user"] is None
    token = await inbox.link(given["email"])
    assert (await write(shared, "resetPassword", token=token, newPassword=NEW))["user"]["handle"] == given["handle"]
    assert not await is_good(shared, first["accessToken"])
    body = await send(shared, "refreshSession", refreshToken=first["refreshToken"])
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert [await logs_in(shared, given["email"], word) for word in (PASSWORD, NEW)] == [False, True]
    error = await refused(shared, "resetPassword", token=token, newPassword="a third secret")
    assert (error["code"], error["path"]) == ("INVALID", ["input", "token"])
    assert [mail.kind for mail in await inbox.to(given["email"])] == ["join", "reset", "password"]


async def test_of_two_links_and_two_clicks_one_counts(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    await a_member(shared, inbox, given)
    await write(shared, "requestPasswordReset", login=given["email"])
    first = await inbox.link(given["email"])
    await write(shared, "requestPasswordReset", login=given["email"])
    second = await inbox.link(given["email"])
    tries = [attempt(shared, "resetPassword", token=token, newPassword=NEW) for token in (first, second, first)]
    assert sorted(len(payload["errors"]) for payload in await asyncio.gather(*tries)) == [0, 1, 1]


async def test_who_is_unknown_hears_the_same_and_nobody_gets_mail(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    await a_member(shared, inbox, given)
    answers, statements = set(), []
    for login in (given["email"], given["handle"], "nobody-here", "nobody@example.org", "mara", ""):
        async with untouched(shared), shared.backend.database.watching() as log:
            answers.add(str(await send(shared, "requestPasswordReset", login=login)))
            statements.append(len(log.statements))
        await inbox.to(login)
    assert len(answers) == 1
    assert set(statements) == {0}  # all that could take its time comes after the answer
    assert {mail.to for mail in inbox._mails} <= {given["email"], "mara@hub.example"}


async def test_a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(shared: Client) -> None:
    inbox, given = Inbox(shared.backend), person()
    here = await a_member(shared, inbox, given)
    other = await write(shared, "login", login=given["handle"], password=PASSWORD)
    wrong: dict[str, Any] = {"password": "wrong", "newPassword": NEW}
    error = await refused(shared, "changePassword", given["handle"], **wrong)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "password"])
    error = await refused(shared, "changePassword", given["handle"], password=PASSWORD, newPassword="short")
    assert (error["code"], error["path"]) == ("TOO_SHORT", ["input", "newPassword"])
    await write(shared, "changePassword", given["handle"], password=PASSWORD, newPassword=NEW)
    assert [await is_good(shared, payload["accessToken"]) for payload in (here, other)] == [True, False]
    assert [await logs_in(shared, given["handle"], word) for word in (PASSWORD, NEW)] == [False, True]
    body = await send(shared, "changePassword", password=NEW, newPassword=PASSWORD)
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_stolen_session_guesses_the_password_no_faster_than_a_login(shared: Client) -> None:
    inbox, given, other = Inbox(shared.backend), person(), person()
    mine, others = [await a_member(shared, inbox, one) for one in (given, other)]
    client = shared.under(logins_per_account="6/hour")
    guess, wish = {"password": "wrong", "newPassword": NEW}, {"password": "wrong", "email": other["email"]}
    for tokens, codes in ((mine, ["INVALID"] * 6 + ["RATE_LIMITED"] * 4), (others, ["INVALID"] * 6)):
        client.hold("session", tokens["accessToken"])
        tries = [("changePassword", guess), ("changeEmail", wish)] * (len(codes) // 2)
        errors = [await refused(client, name, "session", **what) for name, what in tries]
        assert [error["code"] for error in errors] == codes
    client.hold("session", mine["accessToken"])
    error = await refused(client, "changePassword", "session", password=PASSWORD, newPassword=NEW)
    assert (error["__typename"], error["retryAfterMs"] > 0) == ("ThrottleError", True)
    assert await logs_in(shared, given["handle"], PASSWORD)


async def test_an_address_counts_once_its_link_is_opened(shared: Client) -> None:
    inbox, given, wanted = Inbox(shared.backend), person(), person()["email"]
    await a_member(shared, inbox, given)
    error = await refused(shared, "changeEmail", given["handle"], email=wanted, password="wrong")
    assert (error["code"], error["path"]) == ("INVALID", ["input", "password"])
    await write(shared, "changeEmail", given["handle"], email=wanted, password=PASSWORD)
    assert [await logs_in(shared, login, PASSWORD) for login in (given["email"], wanted)] == [True, False]
    token = await inbox.link(wanted)
    assert (await write(shared, "verifyEmail", token=token))["user"]["handle"] == given["handle"]
    assert [await logs_in(shared, login, PASSWORD) for login in (given["email"], wanted)] == [False, True]
    assert (await inbox.to(given["email"]))[-1].kind == "moved"
    assert (await refused(shared, "verifyEmail", token=token))["path"] == ["input", "token"]


async def test_the_address_that_was_asked_for_last_is_the_one(shared: Client) -> None:
    inbox, given, one, two = Inbox(shared.backend), person(), person()["email"], person()["email"]
    await a_member(shared, inbox, given)
    for wanted in (one, two):
        await write(shared, "changeEmail", given["handle"], email=wanted, password=PASSWORD)
    assert (await refused(shared, "verifyEmail", token=await inbox.link(one)))["code"] == "INVALID"
    await write(shared, "verifyEmail", token=await inbox.link(two))


async def test_an_address_in_use_answers_alike_and_its_owner_hears_of_it(shared: Client) -> None:
    inbox, given, other = Inbox(shared.backend), person(), person()
    await a_member(shared, inbox, given)
    await a_member(shared, inbox, other)
    answers = {
        str(await send(shared, "changeEmail", given["handle"], email=email, password=PASSWORD))
        for email in (other["email"], person()["email"])
    }
    assert len(answers) == 1
    assert (await inbox.to(other["email"]))[-1].kind == "known"


async def test_a_link_to_reset_is_dead_once_the_address_is_another(shared: Client) -> None:
    inbox, given, wanted = Inbox(shared.backend), person(), person()["email"]
    await a_member(shared, inbox, given)
    await write(shared, "requestPasswordReset", login=given["handle"])
    reset = await inbox.link(given["email"])
    await write(shared, "changeEmail", given["handle"], email=wanted, password=PASSWORD)
    await write(shared, "verifyEmail", token=await inbox.link(wanted))
    before = await everything(shared.backend)
    assert (await refused(shared, "resetPassword", token=reset, newPassword=NEW))["code"] == "INVALID"
    assert await everything(shared.backend) == before
