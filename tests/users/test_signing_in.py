"""Signing in: who gets in, who does not and hears what, and what a token is good for."""

import asyncio
import base64
import statistics
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from argon2 import PasswordHasher

from hub.refusals import ErrorCode, Refusal
from hub.users import passwords
from hub.users.commands import issue_token
from hub.users.tokens import bearer_of, digest_of
from tests.client import Client
from tests.letters import Inbox, a_member
from tests.mutations import a_thread, attempt, everything, number, refused, untouched, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "a long enough secret"


def person(**changes: Any) -> dict[str, Any]:
    handle = f"p{uuid.uuid4().hex[:10]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD, **changes}


async def as_bearer(client: Client, token: str) -> Any:
    """What the viewer's own query answers under this token."""
    caller = await client._callers.of_token(token, "test", "127.0.0.1")
    operation = client._engine.prepare("{ viewer { user { handle displayName role } email emailVerified } }", None)
    answer = await client._engine.execute(operation, {}, caller)
    return orjson.loads(orjson.dumps(answer.body))["data"]["viewer"]


async def test_who_logs_in_may_write_for_a_while(shared: Client) -> None:
    given = person(displayName=" Some \n Body ")
    payload = await a_member(shared, Inbox(shared.backend), given)
    assert payload["replayed"] is False
    left = datetime.fromisoformat(payload["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(minutes=60)
    viewer = await as_bearer(shared, payload["accessToken"])
    assert viewer == {
        "user": {"handle": given["handle"], "displayName": "Some Body", "role": "MEMBER"},
        "email": given["email"],
        "emailVerified": True,
    }
    assert await a_thread(shared, given["handle"])


async def test_the_handle_is_the_name_until_told_otherwise(shared: Client) -> None:
    given = person()
    payload = await a_member(shared, Inbox(shared.backend), given)
    viewer = await as_bearer(shared, payload["accessToken"])
    assert viewer["user"]["displayName"] == given["handle"]


async def test_neither_password_nor_token_is_stored(shared: Client) -> None:
    given = person(password="findable secret 12345")
    payload = await a_member(shared, Inbox(shared.backend), given)
    token, refresh = payload["accessToken"], payload["refreshToken"]
    rows = await everything(shared.backend)
    rows["tokens"] = [str(row) for row in await shared.backend.database.fetch("select * from tokens")]
    stored = str(rows)
    assert given["email"] in stored
    assert "findable secret" not in stored
    assert token not in stored
    assert refresh not in stored
    assert refresh.rpartition(".")[0] not in stored
    assert digest_of(token) in stored
    assert digest_of(refresh) in stored


async def test_a_password_hashed_by_older_parameters_is_hashed_anew_at_login(shared: Client) -> None:
    given = person()
    await a_member(shared, Inbox(shared.backend), given)
    older = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
    database, of = shared.backend.database, {"email": given["email"]}
    await database.write("update accounts set password_hash = :old where email = :email", {"old": older, **of})

    async def stored() -> str:
        return (await database.fetch("select password_hash as n from accounts where email = :email", of))[0]["n"]

    assert (await refused(shared, "login", login=given["handle"], password="wrong"))["code"] == "INVALID"
    assert await stored() == older
    await write(shared, "login", login=given["handle"], password=PASSWORD)
    newer = await stored()
    assert "t=1," in newer
    await write(shared, "login", login=given["handle"], password=PASSWORD)
    assert await stored() == newer


@pytest.mark.parametrize("name", ["handle", "HANDLE", "email", "EMAIL"])
async def test_login_takes_handle_or_address_in_any_case(shared: Client, name: str) -> None:
    given = person()
    await a_member(shared, Inbox(shared.backend), given)
    login = given[name.lower()].upper() if name.isupper() else given[name]
    payload = await write(shared, "login", login=login, password=PASSWORD)
    assert payload["user"]["handle"] == given["handle"]
    assert (await as_bearer(shared, payload["accessToken"]))["user"]["handle"] == given["handle"]


async def test_each_login_gives_a_token_of_its_own(shared: Client) -> None:
    given = person()
    tokens = [(await a_member(shared, Inbox(shared.backend), given))["accessToken"]]
    tokens += [
        (await write(shared, "login", login=given["handle"], password=PASSWORD))["accessToken"] for _ in range(2)
    ]
    assert len(set(tokens)) == 3
    for token in tokens:
        assert (await as_bearer(shared, token))["user"]["handle"] == given["handle"]


async def test_a_wrong_password_and_an_unknown_person_answer_alike(shared: Client) -> None:
    given, waiting = person(), person()
    await a_member(shared, Inbox(shared.backend), given)
    await write(shared, "register", **waiting)
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
            (waiting["handle"], PASSWORD),  # has not opened the link
            (waiting["email"], PASSWORD),
            ("mara", ""),  # of the demo: without a password
            ("%", PASSWORD),
        ]
    ]
    assert {(error["code"], error["message"], tuple(error["path"])) for error in errors} == {
        (
            "INVALID",
            "Handle, address or password is wrong: try again, or ask for a link to set another password.",
            ("input", "password"),
        )
    }
    assert await number(shared.backend, "select count(*) as n from tokens") == before


async def test_an_imported_person_whom_nobody_has_claimed_does_not_sign_in(shared: Client) -> None:
    given = person()
    token = (await a_member(shared, Inbox(shared.backend), given))["accessToken"]
    await shared.backend.database.write(
        "update users set status = 'LEGACY_STUB' where handle = :handle", {"handle": given["handle"]}
    )
    error = await refused(shared, "login", login=given["handle"], password=PASSWORD)
    assert (
        error["message"]
        == "Handle, address or password is wrong: try again, or ask for a link to set another password."
    )
    with pytest.raises(Refusal) as refusal:
        await bearer_of(shared.backend.database, token)
    assert refusal.value.code is ErrorCode.UNAUTHENTICATED


@pytest.mark.parametrize(("device", "code"), [("x" * 101, "TOO_LONG"), ("  ", "REQUIRED")])
async def test_a_device_has_a_length(shared: Client, device: str, code: str) -> None:
    error = await refused(shared, "login", login="nobody", password=PASSWORD, device=device)
    assert (error["code"], error["path"]) == (code, ["input", "device"])


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


async def test_who_waits_too_long_for_a_busy_hub_is_put_off(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client = shared.under(password_hashers=1, password_queue=8, password_wait=0.05)
    gate = threading.Event()
    monkeypatch.setattr(passwords, "_matches", lambda _stored, _password: gate.wait(10) and False)
    calls = [attempt(client, "login", login=f"nobody{n}", password=PASSWORD) for n in range(4)]
    errors = [payload["errors"][0] for payload in await asyncio.gather(*calls)]
    assert {(error["code"], error["retryAfterMs"]) for error in errors} == {("OVERLOADED", 2_000)}
    gate.set()
    later = client.under(password_wait=10)
    assert (await refused(later, "login", login="nobody", password=PASSWORD))["code"] == "INVALID"


async def test_a_wrong_password_and_an_unknown_person_take_the_same_time(shared: Client) -> None:
    """Many rounds in turn, so that what else the machine does hits all alike; generous, as it does a lot."""
    given = person()
    await a_member(shared, Inbox(shared.backend), given)
    logins = [given["handle"], given["email"], "nobody-here", "nobody@example.org", "mara"]
    taken: dict[str, list[float]] = {login: [] for login in logins}
    costly = PasswordHasher(time_cost=2, memory_cost=8_192, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", costly)
        passwords._nobodys.cache_clear()
        await shared.backend.database.write(
            "update accounts set password_hash = :hash where email = :email",
            {"hash": costly.hash(PASSWORD), "email": given["email"]},
        )
        for _ in range(25):
            for login in logins:
                begun = time.perf_counter()
                await attempt(shared, "login", login=login, password="wrong password")
                taken[login].append(time.perf_counter() - begun)
    passwords._nobodys.cache_clear()
    middle = {login: statistics.median(times) for login, times in taken.items()}
    assert max(middle.values()) < 1.6 * min(middle.values()), middle


async def test_each_answer_to_a_login_costs_one_password(shared: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the clock of a busy machine may hide: the same work is done for those who are not there."""
    given, tried = person(), []
    await a_member(shared, Inbox(shared.backend), given)
    matches = passwords._matches
    monkeypatch.setattr(passwords, "_matches", lambda stored, word: tried.append(stored) or matches(stored, word))
    for login in (given["handle"], "nobody-here", "nobody@example.org", "mara"):
        await attempt(shared, "login", login=login, password="wrong password")
    assert len(tried) == 4
    assert {PasswordHasher().check_needs_rehash(stored) for stored in tried} == {True}  # all of the tests' cheap kind


async def test_two_hundred_logins_at_once_keep_other_pages_served(
    shared: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(passwords, "_matches", lambda _stored, _password: gate.wait(30) and False)
    calls = [asyncio.create_task(attempt(shared, "login", login=f"n{n}", password=PASSWORD)) for n in range(200)]
    answers = asyncio.as_completed(calls)
    chosen = shared.backend.settings
    most = chosen.password_hashers + chosen.password_queue
    async with asyncio.timeout(30):
        put_off = [(await next(answers))["errors"][0] for _ in range(200 - most)]
        page = await shared.data('{ post(slug: "welcome") { title comments(first: 2) { nodes { number } } } }')
    assert {(error["__typename"], error["code"]) for error in put_off} == {("ThrottleError", "OVERLOADED")}
    assert page["post"]["title"]
    assert sum(call.done() for call in calls) == 200 - most
    gate.set()
    assert len([await answer for answer in answers]) == most


def jwt(header: dict[str, str], **claims: str) -> str:
    """What a hub would take that believes a token's own words."""
    parts = ({"typ": "JWT", **header}, {"sub": "1", "role": "ADMIN", "exp": 2**40, **claims})
    return "".join(f"{base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip('=')}." for part in parts)


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
        "a JWT without a signature": jwt({"alg": "none"}, handle="ines"),
        "a JWT of another key": jwt({"alg": "HS256"}, handle="ines") + "c2ln",
        "a JWT that names its key": jwt({"alg": "RS256", "jku": "http://127.0.0.1/keys", "kid": "../../key"}),
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
