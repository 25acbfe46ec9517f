"""Becoming a member and signing in: what is taken, what does not fit, and what a token is good for."""

import asyncio
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from hub.refusals import ErrorCode, Refusal
from hub.users import passwords
from hub.users.commands import issue_token
from hub.users.tokens import bearer_of, digest_of
from tests.client import Client
from tests.mutations import a_thread, attempt, everything, number, refused, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "a long enough secret"


def person(**changes: Any) -> dict[str, Any]:
    handle = f"p{uuid.uuid4().hex[:10]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD, **changes}


async def as_bearer(client: Client, token: str) -> Any:
    """What the viewer's own query answers under this token."""
    caller = await client._callers.of_token(token, "test", "127.0.0.1")
    operation = client._engine.prepare("{ viewer { user { handle role } email } }", None)
    answer = await client._engine.execute(operation, {}, caller)
    return orjson.loads(orjson.dumps(answer.body))["data"]["viewer"]


async def test_who_registers_is_signed_in_and_may_write(shared: Client) -> None:
    given = person(displayName=" Some \n Body ")
    payload = await write(shared, "register", **given)
    assert (payload["user"]["handle"], payload["user"]["displayName"]) == (given["handle"], "Some Body")
    assert payload["replayed"] is False
    left = datetime.fromisoformat(payload["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    viewer = await as_bearer(shared, payload["accessToken"])
    assert viewer == {"user": {"handle": given["handle"], "role": "MEMBER"}, "email": given["email"]}
    shared._tokens[given["handle"]] = payload["accessToken"]
    assert await a_thread(shared, given["handle"])


async def test_the_handle_is_the_name_until_told_otherwise(shared: Client) -> None:
    given = person()
    assert (await write(shared, "register", **given))["user"]["displayName"] == given["handle"]


async def test_neither_password_nor_token_is_stored(shared: Client) -> None:
    given = person(password="findable secret 12345")
    token = (await write(shared, "register", **given))["accessToken"]
    rows = await everything(shared.backend)
    rows["tokens"] = [str(row) for row in await shared.backend.database.fetch("select * from tokens")]
    stored = str(rows)
    assert given["email"] in stored
    assert "findable secret" not in stored
    assert token not in stored
    assert digest_of(token) in stored


@pytest.mark.parametrize("name", ["handle", "HANDLE", "email", "EMAIL"])
async def test_login_takes_handle_or_address_in_any_case(shared: Client, name: str) -> None:
    given = person()
    await write(shared, "register", **given)
    login = given[name.lower()].upper() if name.isupper() else given[name]
    payload = await write(shared, "login", login=login, password=PASSWORD)
    assert payload["user"]["handle"] == given["handle"]
    assert (await as_bearer(shared, payload["accessToken"]))["user"]["handle"] == given["handle"]


async def test_each_login_gives_a_token_of_its_own(shared: Client) -> None:
    given = person()
    tokens = [(await write(shared, "register", **given))["accessToken"]]
    tokens += [
        (await write(shared, "login", login=given["handle"], password=PASSWORD))["accessToken"] for _ in range(2)
    ]
    assert len(set(tokens)) == 3
    for token in tokens:
        assert (await as_bearer(shared, token))["user"]["handle"] == given["handle"]


async def test_a_wrong_password_and_an_unknown_person_answer_alike(shared: Client) -> None:
    given = person()
    await write(shared, "register", **given)
    before = await number(shared.backend, "select count(*) as n from tokens")
    errors = [
        await refused(shared, "login", login=login, password=password)
        for login, password in [
            (given["handle"], "wrong password"),
            (given["handle"], PASSWORD + " "),
            (given["handle"], PASSWORD.upper()),
            (given["handle"], ""),
            (given["handle"], "x" * 10_000),
            ("nobody-here", PASSWORD),
            ("nobody@example.org", PASSWORD),
            ("", ""),
            ("mara", ""),  # of the demo: without a password
            ("%", PASSWORD),
        ]
    ]
    assert {(error["code"], error["message"], tuple(error["path"])) for error in errors} == {
        ("INVALID", "Handle, address or password is wrong.", ("input", "password"))
    }
    assert await number(shared.backend, "select count(*) as n from tokens") == before


@pytest.mark.parametrize("status", ["SUSPENDED", "BANNED", "LEGACY_STUB"])
async def test_who_may_not_sign_in_does_not_and_loses_the_tokens_given(shared: Client, status: str) -> None:
    given = person()
    token = (await write(shared, "register", **given))["accessToken"]
    await shared.backend.database.write(
        "update users set status = :status where handle = :handle", {"status": status, "handle": given["handle"]}
    )
    error = await refused(shared, "login", login=given["handle"], password=PASSWORD)
    assert error["message"] == "Handle, address or password is wrong."
    with pytest.raises(Refusal) as refusal:
        await bearer_of(shared.backend.database, token)
    assert refusal.value.code is ErrorCode.UNAUTHENTICATED


async def test_a_handle_is_taken_in_any_case(shared: Client) -> None:
    given = person()
    await write(shared, "register", **given)
    for handle in (given["handle"], given["handle"].upper(), "Mara"):
        error = await refused(shared, "register", **person(handle=handle))
        assert (error["__typename"], error["code"], error["path"]) == (
            "DuplicateError",
            "DUPLICATE",
            ["input", "handle"],
        )


async def test_an_address_is_taken_in_any_case(shared: Client) -> None:
    given = person()
    await write(shared, "register", **given)
    for email in (given["email"], given["email"].upper(), given["email"].replace("@example", "@EXAMPLE")):
        error = await refused(shared, "register", **person(email=email))
        assert (error["__typename"], error["code"], error["path"]) == (
            "DuplicateError",
            "DUPLICATE",
            ["input", "email"],
        )
        assert given["email"] not in error["message"]


@pytest.mark.parametrize(
    "handle",
    ["", "x", "x" * 31, "a b", "-ab", "ab-", ".ab", "ab.", "a@b", "añb", "ab\n", "a/b", "a%b", "\u202eab", "日本"],
)
async def test_a_handle_has_a_form(shared: Client, handle: str) -> None:
    error = await refused(shared, "register", **person(handle=handle))
    assert (error["code"], error["path"], error["min"], error["max"]) == ("INVALID", ["input", "handle"], 2, 30)


@pytest.mark.parametrize("handle", ["ab", "A1", "a.b-c_d", "x" * 30])
async def test_a_handle_of_the_form_is_kept_as_it_is(shared: Client, handle: str) -> None:
    assert (await write(shared, "register", **person(handle=handle)))["user"]["handle"] == handle


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
async def test_the_same_key_and_input_make_one_person(shared: Client, parallel: bool) -> None:
    given = person(idempotencyKey=uuid.uuid4().hex)
    calls = [write(shared, "register", **given) for _ in range(20 if parallel else 2)]
    payloads = await asyncio.gather(*calls) if parallel else [await call for call in calls]
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * (len(payloads) - 1)
    assert len({payload["user"]["id"] for payload in payloads}) == 1
    people = "select count(*) as n from users where handle = :handle"
    assert await number(shared.backend, people, handle=given["handle"]) == 1
    for payload in payloads[:2]:
        assert (await as_bearer(shared, payload["accessToken"]))["user"]["handle"] == given["handle"]


async def test_a_replay_needs_the_same_input_and_the_password(shared: Client) -> None:
    given = person(idempotencyKey=uuid.uuid4().hex)
    await write(shared, "register", **given)
    before = await number(shared.backend, "select count(*) as n from tokens")
    for change in ({"password": "another long secret"}, {"handle": "x" + given["handle"]}, {"displayName": "Other"}):
        error = await refused(shared, "register", **{**given, **change})
        assert (error["code"], error["path"]) == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"])
    assert await number(shared.backend, "select count(*) as n from tokens") == before


async def test_the_same_key_of_two_people_makes_both(shared: Client) -> None:
    key = uuid.uuid4().hex
    payloads = [await write(shared, "register", **person(idempotencyKey=key)) for _ in range(2)]
    assert len({payload["user"]["id"] for payload in payloads}) == 2


async def test_of_many_who_want_a_handle_at_once_one_gets_it(shared: Client) -> None:
    handle = f"w{uuid.uuid4().hex[:10]}"
    payloads = await asyncio.gather(*(attempt(shared, "register", **person(handle=handle)) for _ in range(6)))
    codes = sorted(error["code"] for payload in payloads for error in payload["errors"])
    assert codes == ["DUPLICATE"] * 5


async def test_too_many_passwords_at_once_are_put_off(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shared.under(password_hashers=1, password_queue=1)
    gate = threading.Event()
    monkeypatch.setattr(passwords, "_matches", lambda _stored, _password: gate.wait(10) and False)
    async with untouched(client):
        calls = [asyncio.create_task(attempt(client, "login", login=f"nobody{n}", password=PASSWORD)) for n in range(6)]
        answers = asyncio.as_completed(calls)
        put_off = [(await next(answers))["errors"][0] for _ in range(4)]
        gate.set()
        judged = [(await answer)["errors"][0] for answer in answers]
    assert {(error["code"], error["retryAfterMs"]) for error in put_off} == {("OVERLOADED", 2_000)}
    assert [error["code"] for error in judged] == ["INVALID"] * 2


async def bad_tokens(client: Client) -> dict[str, str]:
    good = (await issue_token(client.backend.database, "ines", 1)).text
    revoked = (await issue_token(client.backend.database, "ines", 1)).text
    await client.backend.database.write(
        "update tokens set revoked_at = {now} where digest = :digest", {"digest": digest_of(revoked)}
    )
    expired = (await issue_token(client.backend.database, "ines", -1)).text
    return {
        "revoked": revoked,
        "expired": expired,
        "empty": "",
        "short": good[:-1],
        "long": good + "x",
        "other case": good.swapcase(),
        "a digest": digest_of(good),
        "no ASCII": "hub_ü",
        "a surrogate": "hub_\ud800",
        "NUL": "hub_\0",
        "100 kB": "x" * 100_000,
    }


async def test_a_token_that_is_not_good_is_refused_alike(shared: Client) -> None:
    messages = set()
    for name, token in (await bad_tokens(shared)).items():
        with pytest.raises(Refusal) as refusal:
            await shared._callers.of_token(token, "test", "127.0.0.1")
        assert refusal.value.code is ErrorCode.UNAUTHENTICATED, name
        messages.add(refusal.value.message)
    assert len(messages) == 1


async def test_a_token_ends_exactly_at_its_time(shared: Client) -> None:
    token = await issue_token(shared.backend.database, "ines", 1)
    database = shared.backend.database
    for offset, good in [(1, True), (-1, False)]:
        await database.write(
            "update tokens set expires_at = {as_instant at} where id = :id",
            {"at": datetime.now(UTC) + timedelta(seconds=offset), "id": token.id},
        )
        if good:
            assert (await bearer_of(database, token.text)).viewer.user_id is not None
        else:
            with pytest.raises(Refusal):
                await bearer_of(database, token.text)


async def test_a_bearer_knows_its_standing_and_clubs(shared: Client) -> None:
    clubs = {row["id"]: row["slug"] for row in await shared.backend.database.fetch("select id, slug from clubs")}
    bearer = await bearer_of(shared.backend.database, (await issue_token(shared.backend.database, "MARA", 1)).text)
    assert bearer.viewer.standing == "POLICY_TEAM"
    assert {clubs[club_id] for club_id in bearer.viewer.clubs} == {
        "lone-star-owners",
        "nebraska-plains-owners",
        "spree-isar-owners",
        "first-ride-circle",
    }


async def test_a_token_for_nobody_is_refused(shared: Client) -> None:
    with pytest.raises(Refusal) as refusal:
        await issue_token(shared.backend.database, "nobody-here", 1)
    assert refusal.value.code is ErrorCode.NOT_FOUND
