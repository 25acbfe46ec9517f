"""Each act of staff and each change of roles, apps and tokens is a row, written with the act, that stays as it is."""

import re
import sqlite3
from typing import Any

import asyncpg
import pytest

from hub.store.audience import Standing
from hub.users.commands import ban, issue_token, revoke_tokens, set_role, unban
from hub.users.sanctioning import ACTS
from tests.client import Client
from tests.graph.test_operations import VALID
from tests.mutations import attempt, write

LOG = """query ($first: Int = 50, $after: String, $actor: ID, $target: ID, $action: String, $window: TimeWindow) {
    auditLog(first: $first, after: $after, actorId: $actor, targetId: $target, action: $action, window: $window) {
        nodes { at action actor { handle } app { name } target { __typename id } club { slug } reason before after
            requestId } pageInfo { endCursor hasNextPage } } }"""


@pytest.fixture
async def admin(client: Client) -> str:
    await set_role(client.backend, "otto", Standing.ADMIN)
    return "otto"


async def entries(client: Client, **given: Any) -> list[dict[str, Any]]:
    return (await client.data(LOG, "otto", **given))["auditLog"]["nodes"]


async def all_that_is_recorded(client: Client) -> str:
    """Do each thing that is recorded once; a comment that was removed is given back."""
    backend = client.backend
    await set_role(backend, "ines", Standing.POLICY_TEAM)
    await ban(backend, "hank")
    await unban(backend, "hank")
    await issue_token(backend.database, "hank", 1)
    await revoke_tokens(backend, "hank")
    saved = await write(client, "savePost", "ines", kind="UPDATE", title="A post", body="Text.")
    post = saved["post"]
    changed = {"id": post["id"], "expectedVersion": 1, "kind": "UPDATE", "title": "Another", "body": "Text."}
    await write(client, "savePost", "ines", **changed)
    await write(client, "publishPost", "ines", id=post["id"])
    added = await write(client, "addComment", "jonas", subjectId=post["id"], body="Me at jonas@example.org")
    await write(client, "deleteComment", "otto", id=added["comment"]["id"])
    app = (await write(client, "saveApp", "otto", name="An app", scopes=["COMMENTS_WRITE"]))["app"]["id"]
    await write(client, "saveApp", "otto", id=app, name="The app", scopes=["COMMENTS_WRITE"])
    issued = await write(client, "issueAppToken", "otto", appId=app, scopes=[])
    await write(client, "revokeAppToken", "otto", id=issued["app"]["tokens"][0]["id"])
    await write(client, "grantApp", "jonas", appId=app, scopes=["COMMENTS_WRITE"])
    await write(client, "revokeGrant", "jonas", appId=app)
    mine = await write(client, "issuePersonalToken", "jonas", name="Mine", scopes=[])
    await write(client, "revokePersonalToken", "jonas", id=mine["token"]["id"])
    await write(client, "setAppStatus", "otto", id=app, status="SUSPENDED", reason="It was too loud.")
    return added["comment"]["id"]


async def test_what_is_done_is_recorded_with_who_and_what(client: Client, admin: str):
    comment = await all_that_is_recorded(client)
    found = {entry["action"]: entry for entry in reversed(await entries(client, first=100))}
    assert set(found) == {
        *("user.role_set", "user.banned", "user.unbanned", "user.token_issued", "user.tokens_revoked"),
        *("post.created", "post.changed", "post.published", "comment.removed"),
        *("app.created", "app.changed", "app.token_issued", "app.token_revoked", "app.granted", "app.grant_revoked"),
        *("user.personal_token_issued", "user.personal_token_revoked", "app.status_set"),
    }
    removed = found["comment.removed"]
    assert removed["actor"] == {"handle": "otto"}
    assert removed["target"] == {"__typename": "Comment", "id": comment}
    assert (removed["before"], removed["after"]) == ({"status": "PUBLISHED"}, {"status": "REMOVED"})
    assert removed["requestId"] == "test"
    role = found["user.role_set"]
    assert (role["before"], role["after"]) == ({"role": "MEMBER"}, {"role": "POLICY_TEAM"})
    assert (role["actor"], role["requestId"]) == (None, "shell")
    status = found["app.status_set"]
    assert (status["reason"], status["after"]) == ("It was too loud.", {"status": "SUSPENDED"})
    assert status["target"]["__typename"] == "PartnerApp"


async def test_each_act_of_staff_is_recorded_with_before_after_reason_and_request(client: Client, admin: str):
    await set_role(client.backend, "ines", Standing.POLICY_TEAM)
    user = "query ($who: String!) { user(handle: $who) { id clubs { nodes { id club { id slug } } } } }"
    jonas = (await client.data(user, admin, who="jonas"))["user"]["id"]
    club = (await client.data('{ club(slug: "lone-star-owners") { id } }'))["club"]["id"]
    await write(client, "joinClub", "hank", clubId=club)
    hank = (await client.data(user, admin, who="hank"))["user"]
    membership = next(one["id"] for one in hank["clubs"]["nodes"] if one["club"]["id"] == club)
    why = {"reason": "It had to be."}
    done: list[tuple[str, str, Any, Any, bool]] = []

    async def act(by: str, mutation: str, name: str, before: Any, after: Any, /, **given: Any) -> dict[str, Any]:
        payload = await write(client, mutation, by, **given)
        done.append((by, name, before, after, "reason" in given))
        return payload

    for kind, name in ACTS.items():
        until = "2999-01-01T00:00:00.000Z" if kind == "SUSPENSION" else None
        laid = {"userId": jonas, "sanction": {"kind": kind, **({"expiresAt": until} if until else {})}, **why}
        made = await act(admin, "sanctionUser", name, None, {"kind": kind, "until": until}, **laid)
        sanction = made["sanction"]["id"]
        if kind != "WARNING":
            await act(admin, "liftSanction", "user.sanction_lifted", {"kind": kind}, None, id=sanction, **why)
    plain, raised = {"role": "MEMBER", "title": None}, {"role": "ORGANIZER", "title": None}
    given = {"membershipId": membership, **why}
    await act(admin, "setClubRole", "club.role_set", plain, raised, role="ORGANIZER", **given)
    await act(admin, "removeMember", "club.member_removed", raised, None, **given)
    post = await act(*("ines", "savePost", "post.created", None, ...), kind="UPDATE", title="A post", body="Text.")
    post_id = post["post"]["id"]
    changed = {"id": post_id, "expectedVersion": 1, "kind": "UPDATE", "title": "Another", "body": "Text."}
    await act("ines", "savePost", "post.changed", ..., ..., **changed)
    await act("ines", "publishPost", "post.published", ..., ..., id=post_id)
    comment = (await write(client, "addComment", "jonas", subjectId=post_id, body="Me."))["comment"]["id"]
    gone = {"status": "PUBLISHED"}, {"status": "REMOVED"}
    await act(admin, "deleteComment", "comment.removed", *gone, id=comment, **why)
    app = (await act(admin, "saveApp", "app.created", None, ..., name="An app", scopes=[]))["app"]["id"]
    await act(admin, "saveApp", "app.changed", ..., ..., id=app, name="The app", scopes=[])
    issued = await act(admin, "issueAppToken", "app.token_issued", None, ..., appId=app, scopes=[])
    token = issued["app"]["tokens"][0]["id"]
    await act(admin, "revokeAppToken", "app.token_revoked", ..., None, id=token)
    works = {"status": "ACTIVE"}, {"status": "SUSPENDED"}
    await act(admin, "setAppStatus", "app.status_set", *works, id=app, status="SUSPENDED", **why)

    # The shell makes the tokens that asking takes.
    found = [one for one in reversed(await entries(client, first=100)) if one["requestId"] != "shell"]
    assert [(one["actor"]["handle"], one["action"]) for one in found] == [(by, name) for by, name, *_ in done]
    for one, (_, name, before, after, given_why) in zip(found, done, strict=True):
        for shown, wanted in ((one["before"], before), (one["after"], after)):
            assert (shown is not None) if wanted is ... else shown == wanted, name
        assert one["reason"] == (why["reason"] if given_why else None), name
        assert one["requestId"] == "test", name
        assert one["target"] is not None, name


@pytest.mark.parametrize("act", ["deleteComment", "liftSanction", "setClubRole", "removeMember", "setAppStatus"])
async def test_a_reason_fits_the_log(client: Client, admin: str, act: str):
    for reason, code in (("x" * 501, "TOO_LONG"), (" ", "REQUIRED")):
        payload = await attempt(client, act, admin, **{**VALID[act], "reason": reason})
        assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, ["input", "reason"])]


async def test_no_secret_and_no_address_is_recorded(client: Client, admin: str):
    await all_that_is_recorded(client)
    rows = await client.backend.database.fetch("select before, after, reason from audit_log")
    shown = str(rows)
    assert "@" not in shown
    # A prefix shows 14 characters; a whole token has about 50.
    assert re.findall(r"hub(?:app|pat)?_[\w-]{9,}", shown) == []


async def test_what_was_refused_or_changed_nothing_is_not_recorded(client: Client, admin: str):
    before = len(await entries(client, first=100))
    assert await set_role(client.backend, "otto", Standing.ADMIN) is False
    assert await unban(client.backend, "ines") is False
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    own = await write(client, "addComment", "ines", subjectId=post, body="Mine.")
    await attempt(client, "deleteComment", "jonas", id=own["comment"]["id"])
    await write(client, "deleteComment", "ines", id=own["comment"]["id"])
    found = await entries(client, first=100)
    # Asking as a person for the first time takes a token, which the shell makes.
    assert {entry["action"] for entry in found[: len(found) - before]} <= {"user.token_issued"}


async def test_it_is_read_by_admins_in_pages_and_with_filters(client: Client, admin: str):
    await all_that_is_recorded(client)
    everything = await entries(client, first=100)
    assert [one["at"] for one in everything] == sorted((one["at"] for one in everything), reverse=True)
    paged, after = [], None
    while True:
        page = (await client.data(LOG, "otto", first=4, after=after))["auditLog"]
        paged += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == everything
    otto = (await client.data('{ user(handle: "otto") { id } }'))["user"]["id"]
    by = {"actor": {"handle": "otto"}}
    assert await entries(client, first=100, actor=otto) == [one for one in everything if one["actor"] == by["actor"]]
    app = next(one["target"]["id"] for one in everything if one["action"] == "app.created")
    to_app = await entries(client, first=100, target=app)
    assert to_app == [one for one in everything if one["target"] and one["target"]["id"] == app]
    assert {one["action"] for one in await entries(client, action="app.granted")} == {"app.granted"}
    middle = everything[len(everything) // 2]["at"]
    since = await entries(client, first=100, window={"from": middle})
    until = await entries(client, first=100, window={"to": middle})
    assert since + until == everything
    for handle in (None, "ines", "mara"):
        assert (await client.data(LOG, handle))["auditLog"]["nodes"] == []
    first = (await client.data("{ auditLog(first: 1) { nodes { id action } } }", "otto"))["auditLog"]["nodes"][0]
    node = "query ($id: ID!) { node(id: $id) { ... on AuditLogEntry { id action } } }"
    assert (await client.data(node, "otto", id=first["id"]))["node"] == first
    assert (await client.data(node, "ines", id=first["id"]))["node"] is None


@pytest.mark.parametrize(
    "change",
    [
        "update audit_log set reason = 'Nothing happened.'",
        "delete from audit_log",
        "delete from audit_log where id = (select min(id) from audit_log)",
    ],
)
async def test_a_row_is_never_changed_and_never_gone(client: Client, admin: str, change: str):
    before = await entries(client)
    with pytest.raises((asyncpg.PostgresError, sqlite3.DatabaseError), match="only grows"):
        await client.backend.database.write(change)
    assert before
    assert await entries(client) == before


async def test_an_act_whose_row_cannot_be_written_is_not_done(client: Client, admin: str):
    broken = {"postgres": "alter table audit_log drop column request_id", "sqlite": "drop table audit_log"}
    await client.backend.database.write(broken[client.backend.database.dialect])
    with pytest.raises(Exception, match=r"audit_log|request_id"):
        await set_role(client.backend, "ines", Standing.ADMIN)
    rows = await client.backend.database.fetch("select role from users where handle = 'ines'")
    assert rows == [{"role": "MEMBER"}]
