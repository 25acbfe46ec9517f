"""Sanctions: who may lay them on whom, what they forbid, and that they end by themselves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies

from hub.graph.ids import to_global
from hub.live import log
from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now, to_text
from hub.users.commands import add_person
from hub.users.notices import ACCESS_CHANGED
from hub.users.rules import ensure_may_sanction
from hub.users.tokens import bearer_of, in_force_of, keeping_out
from tests.client import Client
from tests.letters import Inbox, a_member
from tests.mutations import a_comment, a_thread, attempt, refused, row_id, send, write
from tests.users.people import PASSWORD, person

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINE = "{ viewer { user { status } sanctions { id kind reason expiresAt liftedAt by { handle } } } }"
THEIRS = "query ($id: ID!) { sanctions(userId: $id) { id kind by { handle } liftedAt } }"


async def id_of(client: Client, handle: str) -> str:
    return (await client.data("query ($h: String!) { user(handle: $h) { id } }", h=handle))["user"]["id"]


async def lay_on(client: Client, kind: str, handle: str, by: str = "otto", **sanction: Any) -> dict[str, Any]:
    given = {"userId": await id_of(client, handle), "sanction": {"kind": kind, **sanction}, "reason": "Be kind."}
    return (await write(client, "sanctionUser", by, **given))["sanction"]


async def status_of(client: Client, handle: str) -> str:
    return (await client.data("query ($h: String!) { user(handle: $h) { status } }", h=handle))["user"]["status"]


async def end(client: Client, sanction: dict[str, Any]) -> None:
    """As if its time had passed."""
    await client.backend.database.write(
        "update sanctions set expires_at = {as_instant then} where id = :id",
        {"then": now() - timedelta(seconds=1), "id": row_id(sanction["id"])},
    )


async def member(client: Client) -> tuple[dict[str, Any], dict[str, Any]]:
    given = person()
    return given, await a_member(client, Inbox(client.backend), given)


def in_hours(hours: int) -> str:
    return to_text(now() + timedelta(hours=hours))


@pytest.mark.parametrize(("kind", "code"), [("SUSPENSION", "SUSPENDED"), ("BAN", "BANNED")])
async def test_who_is_kept_out_hears_why_and_until_when_and_comes_back_after(shared: Client, kind, code) -> None:
    given, tokens = await member(shared)
    until = in_hours(3)
    sanction = await lay_on(shared, kind, given["handle"], expiresAt=until)
    assert (sanction["kind"], sanction["expiresAt"], sanction["user"]["status"]) == (kind, until, code)
    with pytest.raises(AccessRefusal) as refusal:
        await bearer_of(shared.backend.database, tokens["accessToken"])
    assert (refusal.value.code, to_text(refusal.value.until)) == (code, until)
    error = await refused(shared, "login", login=given["handle"], password=PASSWORD)
    assert (error["__typename"], error["code"], error["until"]) == ("AccessError", code, until)
    error = await refused(shared, "login", login=given["handle"], password="wrong password")
    assert (error["code"], "until" in error) == ("INVALID", False)
    error = await refused(shared, "refreshSession", refreshToken=tokens["refreshToken"])
    assert (error["code"], error["until"]) == (code, until)
    await end(shared, sanction)
    assert await status_of(shared, given["handle"]) == "ACTIVE"
    assert (await shared.data(MINE, given["handle"]))["viewer"]["user"]["status"] == "ACTIVE"
    await write(shared, "refreshSession", refreshToken=tokens["refreshToken"])


async def test_who_is_muted_reads_and_does_not_talk(shared: Client) -> None:
    given, _ = await member(shared)
    thread = await a_thread(shared)
    comment = await a_comment(shared, given["handle"], thread)
    until = in_hours(1)
    sanction = await lay_on(shared, "MUTE", given["handle"], expiresAt=until)
    category = (await shared.data("{ categories { id slug } }"))["categories"]
    open_one = next(one["id"] for one in category if one["slug"] == "hub-talk")
    tries = {
        "addComment": {"subjectId": thread, "body": "Hello"},
        "editComment": {"id": comment, "body": "Changed", "expectedVersion": 1},
        "createThread": {"categoryId": open_one, "title": "Mine", "body": "Mine"},
    }
    for name, what in tries.items():
        error = await refused(shared, name, given["handle"], **what)
        assert (error["__typename"], error["code"], error["until"]) == ("AccessError", "FORBIDDEN", until), name
    viewer = (await shared.data(MINE, given["handle"]))["viewer"]
    assert viewer["user"]["status"] == "RESTRICTED"
    assert [(one["kind"], one["reason"], one["by"]) for one in viewer["sanctions"]] == [("MUTE", "Be kind.", None)]
    await end(shared, sanction)
    for name, what in tries.items():
        await write(shared, name, given["handle"], **what)


async def test_a_comment_that_was_answered_before_a_mute_is_answered_again(shared: Client) -> None:
    given, _ = await member(shared)
    said = {"subjectId": await a_thread(shared), "body": "Hello", "idempotencyKey": "before"}
    await write(shared, "addComment", given["handle"], **said)
    await lay_on(shared, "MUTE", given["handle"])
    assert (await write(shared, "addComment", given["handle"], **said))["replayed"] is True


async def test_a_warning_forbids_nothing_and_warnings_add_up(shared: Client) -> None:
    given, _ = await member(shared)
    for _ in range(2):
        await lay_on(shared, "WARNING", given["handle"])
    viewer = (await shared.data(MINE, given["handle"]))["viewer"]
    assert viewer["user"]["status"] == "ACTIVE"
    assert [(one["kind"], one["liftedAt"]) for one in viewer["sanctions"]] == [("WARNING", None)] * 2
    await a_thread(shared, given["handle"])


async def test_a_sanction_takes_the_place_of_one_of_its_kind(shared: Client) -> None:
    given, _ = await member(shared)
    first = await lay_on(shared, "MUTE", given["handle"])
    second = await lay_on(shared, "MUTE", given["handle"], expiresAt=in_hours(1))
    seen = (await shared.data(THEIRS, "otto", id=await id_of(shared, given["handle"])))["sanctions"]
    assert [(one["id"], one["liftedAt"] is None) for one in seen] == [(second["id"], True), (first["id"], False)]
    assert {one["by"]["handle"] for one in seen} == {"otto"}
    await write(shared, "liftSanction", "otto", id=second["id"])
    assert await status_of(shared, given["handle"]) == "ACTIVE"


async def test_a_sanction_is_lifted_once_and_told_on_the_persons_stream(shared: Client) -> None:
    given, tokens = await member(shared)
    user_id = row_id(await id_of(shared, given["handle"]))
    sanction = await lay_on(shared, "BAN", given["handle"])
    for replayed in (False, True):
        payload = await write(shared, "liftSanction", "otto", id=sanction["id"])
        assert payload["replayed"] is replayed
        assert payload["sanction"]["liftedAt"]
    assert (await bearer_of(shared.backend.database, tokens["accessToken"])).viewer.user_id == user_id
    told = await log.read(shared.backend.database, user_id, 0, 100)
    assert [(notice.kind, notice.ref_id) for notice in told] == [(ACCESS_CHANGED, user_id)] * 2


async def test_a_person_sees_the_own_sanctions_and_nobody_elses(shared: Client) -> None:
    given, other = (await member(shared))[0], (await member(shared))[0]
    sanction = await lay_on(shared, "WARNING", given["handle"])
    user_id = await id_of(shared, given["handle"])
    node = "query ($id: ID!) { node(id: $id) { ... on Sanction { kind by { handle } } } }"
    for handle, seen in [(given["handle"], True), ("otto", True), (other["handle"], False), (None, False)]:
        assert bool((await shared.data(THEIRS, handle, id=user_id))["sanctions"]) is seen, handle
        found = (await shared.data(node, handle, id=sanction["id"]))["node"]
        assert (found is not None) is seen, handle
        assert not seen or (found["by"] is not None) is (handle == "otto")


@pytest.mark.parametrize("by", ["ines", "mara", None])
async def test_only_staff_sanction(shared: Client, by: str | None) -> None:
    given, _ = await member(shared)
    sanction = await lay_on(shared, "WARNING", given["handle"])
    what = {"userId": await id_of(shared, given["handle"]), "sanction": {"kind": "BAN"}, "reason": "Because"}
    for name, given_ in (("sanctionUser", what), ("liftSanction", {"id": sanction["id"]})):
        body = await send(shared, name, by, **given_)
        codes = [error["extensions"]["code"] for error in body.get("errors", [])]
        codes += [error["code"] for error in body["data"][name]["errors"]] if "errors" not in body else []
        assert codes == ["FORBIDDEN" if by else "UNAUTHENTICATED"]
    assert await status_of(shared, given["handle"]) == "ACTIVE"


@pytest.mark.parametrize(
    ("sanction", "code"),
    [
        ({"kind": "SUSPENSION"}, "REQUIRED"),
        ({"kind": "WARNING", "expiresAt": "2999-01-01T00:00:00.000Z"}, "INVALID"),
        ({"kind": "BAN", "expiresAt": "2020-01-01T00:00:00.000Z"}, "INVALID"),
    ],
)
async def test_an_end_fits_its_kind(shared: Client, sanction: dict[str, Any], code: str) -> None:
    given, _ = await member(shared)
    what = {"userId": await id_of(shared, given["handle"]), "reason": "Because"}
    error = await refused(shared, "sanctionUser", "otto", sanction=sanction, **what)
    assert (error["code"], error["path"]) == (code, ["input", "sanction", "expiresAt"])


async def test_what_does_not_fit_is_refused(shared: Client) -> None:
    given, _ = await member(shared)
    user_id, ban = await id_of(shared, given["handle"]), {"kind": "BAN"}
    error = await refused(shared, "sanctionUser", "otto", userId=user_id, sanction=ban, reason=" ")
    assert (error["code"], error["path"]) == ("REQUIRED", ["input", "reason"])
    nobody = to_global("User", 12345)
    error = await refused(shared, "sanctionUser", "otto", userId=nobody, sanction=ban, reason="Because")
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "userId"])
    error = await refused(shared, "liftSanction", "otto", id=to_global("Sanction", 12345))
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "id"])


async def test_staff_are_out_of_reach_of_moderators_and_nobody_reaches_themselves(shared: Client) -> None:
    database = shared.backend.database
    await add_person(database, handle="boss", name="Boss", role="ADMIN")
    await add_person(database, handle="guard", name="Guard", role="MODERATOR")
    for by, whom, may in [
        ("otto", "boss", False),
        ("otto", "guard", False),
        ("otto", "otto", False),
        ("boss", "boss", False),
        ("boss", "guard", True),
        ("otto", "mara", True),
    ]:
        what = {"userId": await id_of(shared, whom), "sanction": {"kind": "WARNING"}, "reason": "Because"}
        payload = await attempt(shared, "sanctionUser", by, **what)
        assert [error["code"] for error in payload["errors"]] == ([] if may else ["FORBIDDEN"]), (by, whom)


@drawn(
    by=strategies.sampled_from(Standing),
    whom=strategies.sampled_from([one for one in Standing if one.signed_in]),
    own=strategies.booleans(),
)
async def test_nobody_reaches_up(by: Standing, whom: Standing, own: bool) -> None:
    viewer = Viewer(user_id=1 if by.signed_in else None, standing=by)
    allowed = by.staff and not own and (by is Standing.ADMIN or not whom.staff)
    try:
        assert ensure_may_sanction(viewer, 1 if own else 2, whom) == 1
        assert allowed
    except Refusal as refusal:
        assert not allowed
        assert refusal.code in {ErrorCode.FORBIDDEN, ErrorCode.UNAUTHENTICATED}


ENDS = strategies.none() | strategies.datetimes(datetime(2030, 1, 1), datetime(2031, 1, 1))  # noqa: DTZ001 - only compared with each other


@drawn(
    strategies.lists(
        strategies.fixed_dictionaries(
            {
                "sanction": strategies.sampled_from([None, "MUTE", "SUSPENSION", "BAN"]),
                "sanction_until": ENDS,
            }
        ),
        max_size=8,
    )
)
async def test_the_gravest_counts_and_of_one_kind_the_last_to_end(rows: list[dict[str, Any]]) -> None:
    found = in_force_of(rows)
    kinds = {row["sanction"] for row in rows} - {None}
    assert found.keys() == kinds
    for kind in kinds:
        ends = [row["sanction_until"] for row in rows if row["sanction"] == kind]
        assert found[kind] == (None if None in ends else max(ends))
    refusal = keeping_out(found)
    wanted = ErrorCode.BANNED if "BAN" in kinds else ErrorCode.SUSPENDED if "SUSPENSION" in kinds else None
    assert (refusal.code if refusal else None) == wanted
