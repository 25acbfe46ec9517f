"""Staying signed in: refresh tokens work once, and whoever shows a used one ends the session for all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.refusals import ErrorCode, Refusal
from hub.store.instants import now
from hub.users import sessions
from hub.users.commands import issue_token
from hub.users.tokens import bearer_of
from tests.client import Client
from tests.letters import Inbox, a_member
from tests.mutations import everything, send, write
from tests.users.people import PASSWORD, ask, person, token_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSIONS = "{ viewer { sessions { id device current startedAt lastSeenAt } } }"
LOGOUT = (
    "mutation ($input: IdInput) { logout(input: $input) { user { id } accessToken replayed errors { code path } } }"
)


async def member(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    given = person()
    return given, await a_member(client, Inbox(client.backend), given)


async def refresh(client: Client, text: str) -> dict[str, Any]:
    return await write(client, "refreshSession", refreshToken=text)


async def is_refused(client: Client, text: str) -> bool:
    body = await send(client, "refreshSession", refreshToken=text)
    if "errors" not in body:
        assert body["data"]["refreshSession"]["errors"] == []
        return False
    assert {error["extensions"]["code"] for error in body["errors"]} == {"UNAUTHENTICATED"}
    return True


async def is_good(client: Client, token: str) -> bool:
    try:
        await bearer_of(client.backend.database, token)
    except Refusal as refusal:
        assert refusal.code is ErrorCode.UNAUTHENTICATED
        return False
    return True


async def no_grace(client: Client, text: str) -> None:
    """As if the token of this text had been spent long ago."""
    await client.backend.database.write(
        "update sessions set last_seen_at = {as_instant then} where id = :id",
        {"then": now() - timedelta(minutes=5), "id": token_of(client, text).session_id},
    )


async def test_a_refresh_gives_fresh_tokens_of_the_same_session(shared: Client) -> None:
    _, first = await member(shared)
    second = await refresh(shared, first["refreshToken"])
    third = await refresh(shared, second["refreshToken"])
    texts = [payload[name] for payload in (first, second, third) for name in ("accessToken", "refreshToken")]
    assert len(set(texts)) == 6
    assert [payload["replayed"] for payload in (second, third)] == [False, False]
    assert {token_of(shared, text).session_id for text in texts[1::2]} == {
        token_of(shared, first["refreshToken"]).session_id
    }
    for payload in (first, second, third):
        assert await is_good(shared, payload["accessToken"])


async def test_a_used_refresh_token_ends_the_session_for_all(shared: Client) -> None:
    given, first = await member(shared)
    other = await write(shared, "login", login=given["handle"], password=PASSWORD)
    second = await refresh(shared, first["refreshToken"])
    third = await refresh(shared, second["refreshToken"])
    await no_grace(shared, first["refreshToken"])
    assert await is_refused(shared, first["refreshToken"])
    for payload in (first, second, third):
        assert not await is_good(shared, payload["accessToken"])
        assert await is_refused(shared, payload["refreshToken"])
    assert await is_good(shared, other["accessToken"])
    assert not await is_refused(shared, other["refreshToken"])


async def test_a_token_before_the_last_has_no_grace(shared: Client) -> None:
    _, first = await member(shared)
    second = await refresh(shared, first["refreshToken"])
    third = await refresh(shared, second["refreshToken"])
    assert await is_refused(shared, first["refreshToken"])
    assert not await is_good(shared, third["accessToken"])


async def test_a_lost_answer_comes_again_with_the_same_successor(shared: Client) -> None:
    _, first = await member(shared)
    lost = await refresh(shared, first["refreshToken"])
    again = await refresh(shared, first["refreshToken"])
    assert (again["replayed"], again["refreshToken"]) == (True, lost["refreshToken"])
    assert again["accessToken"] != lost["accessToken"]
    assert await is_good(shared, again["accessToken"])
    await refresh(shared, again["refreshToken"])


async def test_a_lost_answer_comes_again_though_the_key_was_changed_meanwhile(shared: Client) -> None:
    old, new = "the old key of more than 32 characters", "the new key of more than 32 characters"
    before, after = shared.under(secret_key=(old,)), shared.under(secret_key=(new, old))
    given, _ = await member(shared)
    first = await write(before, "login", login=given["handle"], password=PASSWORD)
    lost = await refresh(before, first["refreshToken"])
    assert (await refresh(after, first["refreshToken"]))["refreshToken"] == lost["refreshToken"]
    later = await refresh(after, lost["refreshToken"])
    assert await is_refused(shared.under(secret_key=(old,)), later["refreshToken"])
    assert not await is_refused(shared.under(secret_key=(new,)), later["refreshToken"])


async def test_of_many_at_once_with_one_token_all_get_the_same_successor(shared: Client) -> None:
    _, first = await member(shared)
    payloads = await asyncio.gather(*(refresh(shared, first["refreshToken"]) for _ in range(8)))
    assert len({payload["refreshToken"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 7


async def test_what_is_no_refresh_token_is_refused_and_changes_nothing(shared: Client) -> None:
    _, first = await member(shared)
    text = first["refreshToken"]
    body, _, signature = text.rpartition(".")
    session_id = token_of(shared, text).session_id
    before = await everything(shared.backend)
    bad = [first["accessToken"], "", "hubr_", body, f"{body}.", f"{body}x.{signature}", text + "x", text.swapcase()]
    bad += [
        f"hubr_{session_id}-AAAA.{signature}",
        f"hubr_x-y.{signature}",
        "ü",
        "x" * 100_000,
        text.replace("hubr", "hub"),
    ]
    for other in bad:
        assert await is_refused(shared, other), other
    assert await everything(shared.backend) == before
    assert not await is_refused(shared, text)


async def test_a_session_ends_when_it_is_not_refreshed(shared: Client) -> None:
    _, first = await member(shared)
    values = {"then": now() - timedelta(seconds=1), "id": token_of(shared, first["refreshToken"]).session_id}
    await shared.backend.database.write("update sessions set expires_at = {as_instant then} where id = :id", values)
    assert await is_refused(shared, first["refreshToken"])


async def test_a_person_sees_the_own_sessions_and_no_others(shared: Client) -> None:
    given, first = await member(shared)
    await write(shared, "login", login=given["handle"], password=PASSWORD, device="  A phone ")
    await member(shared)
    seen = (await ask(shared, first["accessToken"], SESSIONS))["data"]["viewer"]["sessions"]
    assert [(one["device"], one["current"]) for one in seen] == [("A phone", False), (None, True)]
    await refresh(shared, first["refreshToken"])
    seen = (await ask(shared, first["accessToken"], SESSIONS))["data"]["viewer"]["sessions"]
    assert [one["current"] for one in seen] == [True, False]
    shell = (await issue_token(shared.backend.database, given["handle"], 1)).text
    seen = (await ask(shared, shell, SESSIONS))["data"]["viewer"]["sessions"]
    assert [one["current"] for one in seen] == [False, False]


async def test_logout_ends_the_session_that_asks(shared: Client) -> None:
    given, first = await member(shared)
    other = await write(shared, "login", login=given["handle"], password=PASSWORD)
    payload = (await ask(shared, first["accessToken"], LOGOUT))["data"]["logout"]
    assert payload == {"user": None, "accessToken": None, "replayed": False, "errors": []}
    assert not await is_good(shared, first["accessToken"])
    assert await is_refused(shared, first["refreshToken"])
    assert await is_good(shared, other["accessToken"])


async def test_logout_ends_another_session_of_the_own_by_its_id(shared: Client) -> None:
    given, first = await member(shared)
    other = await write(shared, "login", login=given["handle"], password=PASSWORD)
    seen = (await ask(shared, first["accessToken"], SESSIONS))["data"]["viewer"]["sessions"]
    (other_id,) = [one["id"] for one in seen if not one["current"]]
    for replayed in (False, True):
        payload = (await ask(shared, first["accessToken"], LOGOUT, input={"id": other_id}))["data"]["logout"]
        assert payload["replayed"] is replayed
    assert not await is_good(shared, other["accessToken"])
    assert await is_refused(shared, other["refreshToken"])
    _, stranger = await member(shared)
    own = (await ask(shared, first["accessToken"], SESSIONS))["data"]["viewer"]["sessions"][0]["id"]
    payload = (await ask(shared, stranger["accessToken"], LOGOUT, input={"id": own}))["data"]["logout"]
    assert payload["errors"] == [{"code": "NOT_FOUND", "path": ["input", "id"]}]
    assert await is_good(shared, first["accessToken"])


async def test_logout_with_a_token_of_the_shell_ends_that_token(shared: Client) -> None:
    given, first = await member(shared)
    shell = (await issue_token(shared.backend.database, given["handle"], 1)).text
    await ask(shared, shell, LOGOUT)
    assert not await is_good(shared, shell)
    assert await is_good(shared, first["accessToken"])
    body = await ask(shared, None, LOGOUT)
    assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_one_session_too_many_ends_the_one_seen_longest_ago(shared: Client) -> None:
    client = shared.under(sessions_per_person=3)
    given, first = await member(client)
    others = [await write(client, "login", login=given["handle"], password=PASSWORD) for _ in range(2)]
    first = await refresh(client, first["refreshToken"])
    newest = await write(client, "login", login=given["handle"], password=PASSWORD)
    good = [await is_good(client, payload["accessToken"]) for payload in (first, *others, newest)]
    assert good == [True, False, True, True]


async def test_what_is_long_over_is_dropped(shared: Client) -> None:
    given, first = await member(shared)
    await ask(shared, first["accessToken"], LOGOUT)
    alive = await write(shared, "login", login=given["handle"], password=PASSWORD)
    kept = (await issue_token(shared.backend.database, given["handle"], -1)).id
    await sessions.prune(shared.backend.database, now() + timedelta(hours=2))
    rows = await shared.backend.database.fetch(
        "select s.id from sessions s join users u on u.id = s.user_id where u.handle = :handle",
        {"handle": given["handle"]},
    )
    assert [row["id"] for row in rows] == [token_of(shared, alive["refreshToken"]).session_id]
    assert await shared.backend.database.fetch("select id from tokens where id = :id", {"id": kept})
    assert not await is_refused(shared, alive["refreshToken"])
