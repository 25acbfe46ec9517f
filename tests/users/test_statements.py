"""Accounts and sessions when somebody else was quicker, or when they are over: what the statements themselves ask."""

from typing import Any

import pytest

from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.loaders import Loader
from hub.store.reader import Reader
from hub.users import recovering, sessions
from hub.users.addresses import verify_email
from hub.users.commands import ban, create_person, unban
from hub.users.passwords import Passwords
from hub.users.tables import accounts
from tests.client import Client
from tests.letters import Inbox, a_member
from tests.mutations import attempt, refused, write
from tests.users.people import PASSWORD, ask, person, token_of
from tests.users.test_sessions import SESSIONS, is_good, is_refused, member, no_grace

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def login(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    return await write(client, "login", login=given["handle"], password=PASSWORD)


async def person_id(client: Client, handle: str) -> int:
    (row,) = await client.backend.database.fetch("select id from users where handle = :handle", {"handle": handle})
    return row["id"]


async def leaves(client: Client, handle: str) -> None:
    """As somebody of the old forum who never signed in here."""
    await client.backend.database.write(
        "update users set status = 'IMPORTED' where handle = :handle", {"handle": handle}
    )


async def sessions_set(client: Client, handle: str, change: str) -> None:
    await client.backend.database.write(
        f"update sessions set {change} where user_id = {{as_id id}}", {"id": await person_id(client, handle)}
    )


async def test_who_is_no_active_person_neither_logs_in_nor_refreshes_nor_gets_a_link(shared: Client) -> None:
    given, first = await member(shared)
    await leaves(shared, given["handle"])
    assert (await refused(shared, "login", login=given["handle"], password=PASSWORD))["code"] == "INVALID"
    assert await is_refused(shared, first["refreshToken"])
    inbox = Inbox(shared.backend)
    await write(shared, "requestPasswordReset", login=given["handle"])
    assert [letter.kind for letter in await inbox.to(given["email"])] == []


async def test_who_never_signed_in_is_not_sanctioned(shared: Client) -> None:
    given, _ = await member(shared)
    found = await shared.data("query ($h: String!) { user(handle: $h) { id } }", h=given["handle"])
    await leaves(shared, given["handle"])
    laid = {"userId": found["user"]["id"], "sanction": {"kind": "WARNING"}, "reason": "Be kind."}
    (error,) = (await attempt(shared, "sanctionUser", "otto", **laid))["errors"]
    assert error["code"] == "CONFLICT"


async def test_to_let_one_in_lets_nobody_else_in(shared: Client) -> None:
    one, other = [(await member(shared))[0]["handle"] for _ in range(2)]
    for handle in (one, other):
        assert await ban(shared.backend, handle)
    assert await unban(shared.backend, one)
    assert not await ban(shared.backend, other)


async def test_an_address_that_is_none_is_refused(shared: Client) -> None:
    given, _ = await member(shared)
    error = await refused(shared, "changeEmail", given["handle"], email="no address", password=PASSWORD)
    assert (error["code"], error["path"]) == ("INVALID", ["input", "email"])
    with pytest.raises(Refusal):
        await create_person(
            shared.backend,
            Passwords(workers=1, queue=1, wait=1),
            handle=person()["handle"],
            email="no address",
            role=Standing.MEMBER,
            password=PASSWORD,
        )


async def test_an_address_that_another_took_meanwhile_is_not_moved_to(shared: Client) -> None:
    inbox, given, wanted = Inbox(shared.backend), person(), person()["email"]
    await a_member(shared, inbox, given)
    await write(shared, "changeEmail", given["handle"], email=wanted, password=PASSWORD)
    token = await inbox.link(wanted)
    await a_member(shared, inbox, person(email=wanted))
    assert (await refused(shared, "verifyEmail", token=token))["code"] == "DUPLICATE"


async def test_an_address_is_not_moved_to_when_another_was_asked_for_meanwhile(
    shared: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, given, wanted = Inbox(shared.backend), person(), person()["email"]
    await a_member(shared, inbox, given)
    await write(shared, "changeEmail", given["handle"], email=wanted, password=PASSWORD)
    token, database = await inbox.link(wanted), shared.backend.database
    plainly = database.write

    async def after_another(sql: str, parameters: Any = None) -> Any:
        await plainly("update accounts set wanted_email = 'other@example.org' where id = :id", {"id": parameters["id"]})
        return await plainly(sql, parameters)

    monkeypatch.setattr(database, "write", after_another)
    with pytest.raises(Refusal) as caught:
        await verify_email(shared.backend, token)
    assert caught.value.code is ErrorCode.CONFLICT


async def test_of_two_who_change_a_password_at_once_one_is_told(
    shared: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, _ = await member(shared)

    async def after_another(*_: Any) -> None:
        await shared.backend.database.write(
            "update accounts set password_hash = 'other' where id = {as_id id}",
            {"id": await person_id(shared, given["handle"])},
        )

    monkeypatch.setattr(recovering, "current_session", after_another)
    asked = {"password": PASSWORD, "newPassword": "quite another secret"}
    (error,) = (await attempt(shared, "changePassword", given["handle"], **asked))["errors"]
    assert error["code"] == "CONFLICT"


async def test_a_lost_answer_comes_again_only_while_its_session_lives_and_for_a_moment(shared: Client) -> None:
    for spoilt in ("ended_at = {now}", "spent_digest = 'other'"):
        given, first = await member(shared)
        await write(shared, "refreshSession", refreshToken=first["refreshToken"])
        await sessions_set(shared, given["handle"], spoilt)
        assert await is_refused(shared, first["refreshToken"])
    _, first = await member(shared)
    await write(shared, "refreshSession", refreshToken=first["refreshToken"])
    await no_grace(shared, first["refreshToken"])
    assert await is_refused(shared, first["refreshToken"])


async def test_only_living_sessions_of_the_own_are_counted(shared: Client) -> None:
    client = shared.under(sessions_per_person=2)
    (another, other), (given, first) = [await member(client) for _ in range(2)]
    for _ in range(2):
        other = await login(client, another)
    for over in ("ended_at = {now}", "expires_at = {now}"):
        second = await login(client, given)
        await client.backend.database.write(
            f"update sessions set {over} where id = :id", {"id": token_of(client, second["refreshToken"]).session_id}
        )
    await login(client, given)
    assert [await is_good(client, one["accessToken"]) for one in (first, other)] == [True, True]


@pytest.mark.parametrize("over", ["ended_at = {now}", "expires_at = {now}"])
async def test_who_is_kept_out_hears_it_by_a_living_session_only(shared: Client, over: str) -> None:
    given, first = await member(shared)
    await ban(shared.backend, given["handle"])
    assert (await refused(shared, "refreshSession", refreshToken=first["refreshToken"]))["code"] == "BANNED"
    await sessions_set(shared, given["handle"], over)
    assert await is_refused(shared, first["refreshToken"])


async def test_sessions_that_are_over_are_not_listed(shared: Client) -> None:
    given, first = await member(shared)
    for over in ("ended_at = {now}", "expires_at = {now}"):
        second = await login(shared, given)
        await shared.backend.database.write(
            f"update sessions set {over} where id = :id", {"id": token_of(shared, second["refreshToken"]).session_id}
        )
    listed = (await ask(shared, first["accessToken"], SESSIONS))["data"]["viewer"]["sessions"]
    assert [one["current"] for one in listed] == [True]
    with pytest.raises(Refusal) as caught:
        await sessions.sessions_of(shared.backend.database, Viewer())
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


@pytest.mark.parametrize("standing", list(Standing))
async def test_nobody_reads_the_row_of_an_account(shared: Client, standing: Standing) -> None:
    given, _ = await member(shared)
    own = await person_id(shared, given["handle"])
    reader = Reader(shared.backend.database, Viewer(user_id=own, standing=standing))
    assert await reader.one(Loader(accounts, "id"), own) is None
