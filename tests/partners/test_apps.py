"""Who makes apps, tokens and grants, what is shown of them, and when they end."""

from datetime import timedelta
from typing import Any

import pytest

from hub.graph.ids import from_global, to_global
from hub.partners.commands import grants
from hub.partners.commands.tokens import make_personal_token
from hub.partners.tokens import bearer_of
from hub.refusals import ErrorCode, Refusal
from hub.store.instants import now, to_text
from hub.store.sql import to_json
from hub.users.commands import ban, unban
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import attempt, send, write
from tests.partners.conftest import SCOPES, club_id

TOKENS = "query ($id: ID!) { node(id: $id) { ... on PartnerApp { name tokens { id prefix scopes } } } }"
MINE = "{ viewer { email authorizedApps { app { name } scopes lastUsedAt } personalTokens { name prefix } } }"


async def dead(client: Client, token: str) -> bool:
    try:
        await bearer_of(client.backend.database, token)
    except Refusal as refusal:
        assert refusal.code is ErrorCode.UNAUTHENTICATED
        return True
    return False


async def codes(client: Client, name: str, handle: str | None, /, **given: object) -> list[str]:
    return [error["code"] for error in (await attempt(client, name, handle, **given))["errors"]]


async def test_admins_make_apps_and_owners_of_a_club_for_that_club(client: Client, admin: str):
    club = await club_id(client)
    (owner,) = await client.backend.database.fetch(
        """select u.handle, c.slug from memberships m join users u on u.id = m.user_id join clubs c on c.id = m.club_id
           where m.role = 'OWNER' order by m.id limit 1"""
    )
    own = await club_id(client, owner["slug"])
    assert await codes(client, "saveApp", "ines", name="Mine", scopes=[]) == ["FORBIDDEN"]
    assert await codes(client, "saveApp", "ines", name="Mine", scopes=[], clubId=club) == ["FORBIDDEN"]
    assert await codes(client, "saveApp", owner["handle"], name="Mine", scopes=[]) == ["FORBIDDEN"]
    await write(client, "joinClub", "mara", clubId=own)
    assert await codes(client, "saveApp", "mara", name="Mine", scopes=[], clubId=own) == ["FORBIDDEN"]
    saved = await write(client, "saveApp", owner["handle"], name="Mine", scopes=["CLUBS_READ"], clubId=own)
    assert (saved["app"]["club"], saved["app"]["owner"]) == ({"slug": owner["slug"]}, {"handle": owner["handle"]})
    assert await codes(client, "saveApp", admin, name="MINE", scopes=[]) == ["DUPLICATE"]
    listed = "query ($slug: String!) { club(slug: $slug) { partnerApps { name } } }"
    assert (await client.data(listed, owner["handle"], slug=owner["slug"]))["club"]["partnerApps"] == [{"name": "Mine"}]
    for other in (None, "mara"):
        assert (await client.data(listed, other, slug=owner["slug"]))["club"]["partnerApps"] == []
    assert (await client.data("{ partnerApps { name } }", admin))["partnerApps"] == [{"name": "Mine"}]
    refused = await client.ask("{ partnerApps { name } }", "ines")
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_there_are_so_many_apps_and_no_more(client: Client, admin: str, free: str):
    small = client.under(apps=2)
    await write(small, "saveApp", admin, name="The second", scopes=[])
    refused = (await attempt(small, "saveApp", admin, name="The third", scopes=[]))["errors"]
    assert [(error["code"], error["max"]) for error in refused] == [("INVALID", 2)]
    assert len((await client.data("{ partnerApps { name } }", admin))["partnerApps"]) == 2


async def test_an_app_keeps_its_club_and_takes_no_name_of_another(client: Client, admin: str, free: str, bound: str):
    said = {"name": "Free app", "scopes": []}
    assert await codes(client, "saveApp", admin, id=free, clubId=await club_id(client), **said) == ["INVALID"]
    assert await codes(client, "saveApp", admin, id=free, **{**said, "name": "CLUB app"}) == ["DUPLICATE"]
    shown = await client.data("{ partnerApps { name club { slug } } }", admin)
    assert {(app["name"], app["club"] is None) for app in shown["partnerApps"]} == {
        ("Free app", True),
        ("Club app", False),
    }


async def test_a_token_is_shown_once_and_its_prefix_to_those_who_manage_the_app(client: Client, admin: str, free: str):
    issued = await write(client, "issueAppToken", admin, appId=free, scopes=["RSVPS_WRITE", "COMMENTS_WRITE"])
    text = issued["tokenOnce"]
    (shown,) = issued["app"]["tokens"]
    assert text.startswith(shown["prefix"])
    assert len(shown["prefix"]) < len(text) / 2
    assert shown["scopes"] == ["COMMENTS_WRITE", "RSVPS_WRITE"]
    for handle, tokens in ((admin, 1), ("ines", 0)):
        assert len((await client.data(TOKENS, handle, id=free))["node"]["tokens"]) == tokens
    assert (await client.data(TOKENS, None, id=free))["node"] is None
    for table in ("api_tokens", "audit_log"):
        assert text not in str(await client.backend.database.fetch(f"select * from {table}"))


async def test_scopes_and_ends_of_tokens_have_limits(client: Client, admin: str, free: str):
    for given in (
        {"scopes": ["ADMIN"]},
        {"scopes": [], "expiresAt": to_text(now() - timedelta(days=1))},
        {"scopes": [], "expiresAt": to_text(now() + timedelta(days=366))},
    ):
        assert await codes(client, "issueAppToken", admin, appId=free, **given) == ["INVALID"]
    assert await codes(client, "issueAppToken", "ines", appId=free, scopes=[]) == ["FORBIDDEN"]
    few = client.under(api_tokens=1)
    await write(few, "issueAppToken", admin, appId=free, scopes=[])
    assert await codes(few, "issueAppToken", admin, appId=free, scopes=[]) == ["INVALID"]
    for ended in ("revoked_at = {now}", "expires_at = {now}"):  # those are not counted
        await client.backend.database.write(f"update api_tokens set {ended} where revoked_at is null")
        await write(few, "issueAppToken", admin, appId=free, scopes=[])


async def test_an_app_s_token_ends_when_it_is_revoked_and_when_the_app_stops(client: Client, admin: str, free: str):
    texts = []
    for _ in range(2):
        issued = await write(client, "issueAppToken", admin, appId=free, scopes=[])
        texts.append(issued["tokenOnce"])
    first, _ = issued["app"]["tokens"]
    assert await codes(client, "revokeAppToken", "ines", id=first["id"]) == ["NOT_FOUND"]
    left = await write(client, "revokeAppToken", admin, id=first["id"])
    assert len(left["app"]["tokens"]) == 1
    assert [await dead(client, text) for text in texts] == [True, False]
    assert await codes(client, "revokeAppToken", admin, id=first["id"]) == ["NOT_FOUND"]
    for status, is_dead in (("SUSPENDED", True), ("ACTIVE", False), ("REVOKED", True)):
        await write(client, "setAppStatus", admin, id=free, status=status, reason="Because.")
        assert await dead(client, texts[1]) is is_dead
    assert await codes(client, "setAppStatus", admin, id=free, status="ACTIVE") == ["CLOSED"]
    for name, handle in (("grantApp", "ines"), ("issueAppToken", admin)):
        assert await codes(client, name, handle, appId=free, scopes=[]) == ["CLOSED"]


async def test_the_owner_of_a_club_ends_its_apps_and_only_admins_suspend(client: Client, bound: str):
    for status in ("SUSPENDED", "ACTIVE"):
        assert await codes(client, "setAppStatus", "ines", id=bound, status=status) == ["FORBIDDEN"]
    assert await codes(client, "setAppStatus", "delia", id=bound, status="SUSPENDED") == ["FORBIDDEN"]
    await write(client, "setAppStatus", "delia", id=bound, status="REVOKED")
    assert (await write(client, "setAppStatus", "delia", id=bound, status="REVOKED"))["replayed"]


async def test_an_expired_token_is_dead(client: Client, admin: str, free: str):
    issued = await write(client, "issueAppToken", admin, appId=free, scopes=[])
    await client.backend.database.write("update api_tokens set expires_at = {now}")
    assert await dead(client, issued["tokenOnce"])


async def test_scopes_taken_from_the_app_are_taken_from_its_tokens(client: Client, admin: str, free: str):
    granted = await write(client, "grantApp", "ines", appId=free, scopes=["COMMENTS_WRITE", "RSVPS_WRITE"])
    await write(client, "saveApp", admin, id=free, name="Free app", scopes=["RSVPS_WRITE"])
    bearer = await bearer_of(client.backend.database, granted["tokenOnce"])
    assert bearer.viewer.scopes == frozenset({"RSVPS_WRITE"})


async def test_a_grant_is_the_member_s_own_and_gives_one_token(client: Client, free: str):
    assert await codes(client, "grantApp", "ines", appId=free, scopes=["ADMIN"]) == ["INVALID"]
    first = await write(client, "grantApp", "ines", appId=free, scopes=["COMMENTS_WRITE"])
    again = await write(client, "grantApp", "ines", appId=free, scopes=["RSVPS_WRITE"])
    assert again["grant"]["since"] == first["grant"]["since"]
    assert [await dead(client, one["tokenOnce"]) for one in (first, again)] == [True, False]
    client.hold("for ines", again["tokenOnce"])
    assert (await client.data("{ viewer { user { handle } } }", "for ines"))["viewer"] == {"user": {"handle": "ines"}}
    (grant,) = (await client.data(MINE, "ines"))["viewer"]["authorizedApps"]
    assert (grant["app"], grant["scopes"]) == ({"name": "Free app"}, ["RSVPS_WRITE"])
    assert grant["lastUsedAt"] is not None
    assert (await client.data(MINE, "jonas"))["viewer"]["authorizedApps"] == []
    assert (await write(client, "revokeGrant", "jonas", appId=free))["replayed"]
    assert not (await write(client, "revokeGrant", "ines", appId=free))["replayed"]
    assert await dead(client, again["tokenOnce"])
    assert (await client.data(MINE, "ines"))["viewer"]["authorizedApps"] == []


async def test_a_token_that_has_ended_keeps_the_time_of_its_end(client: Client, free: str):
    database, ended = client.backend.database, {"at": now() - timedelta(days=2)}
    await write(client, "grantApp", "ines", appId=free, scopes=[])
    ids = await database.write("update api_tokens set revoked_at = {as_instant at} returning id", ended)
    for name, given in (("grantApp", {"scopes": []}), ("revokeGrant", {})):
        await write(client, name, "ines", appId=free, **given)
        assert await database.fetch("select id from api_tokens where revoked_at = {as_instant at}", ended) == ids


async def test_tokens_are_counted_by_whose_they_are(client: Client, admin: str, free: str):
    few = client.under(api_tokens=1)
    for handle in ("ines", "jonas"):
        await write(few, "issuePersonalToken", handle, name="Mine", scopes=[])
        await write(few, "grantApp", handle, appId=free, scopes=[])
    await write(few, "issueAppToken", admin, appId=free, scopes=[])


async def test_who_manages_an_app_ends_no_grant_of_another(client: Client, admin: str, free: str):
    await write(client, "grantApp", "ines", appId=free, scopes=[])
    assert (await write(client, "revokeGrant", admin, appId=free))["replayed"]
    assert len((await client.data(MINE, "ines"))["viewer"]["authorizedApps"]) == 1


async def test_a_script_gets_no_scope_that_is_unknown(client: Client):
    ines = await viewer_of(client.backend, "ines")
    assert ines.user_id is not None
    with pytest.raises(Refusal) as refused:
        await make_personal_token(client.backend, ines, ines.user_id, name="Mine", scopes=["EVERYTHING"])
    assert refused.value.code is ErrorCode.INVALID


async def test_a_member_lets_so_many_apps_act_and_changes_what_they_may_all_the_same(
    client: Client, free: str, bound: str
):
    few = client.under(app_grants=1)
    await write(few, "grantApp", "jonas", appId=bound, scopes=[])
    await write(few, "grantApp", "ines", appId=free, scopes=[])
    assert await codes(few, "grantApp", "ines", appId=bound, scopes=[]) == ["INVALID"]
    await write(few, "grantApp", "ines", appId=free, scopes=["RSVPS_WRITE"])
    assert len((await client.data(MINE, "ines"))["viewer"]["authorizedApps"]) == 1
    await write(few, "grantApp", "mara", appId=free, scopes=[])
    await write(few, "revokeGrant", "mara", appId=free)
    assert len((await client.data(MINE, "ines"))["viewer"]["authorizedApps"]) == 1


async def test_an_app_that_is_suspended_while_it_is_granted_gets_no_token(
    client: Client, free: str, monkeypatch: pytest.MonkeyPatch
):
    backend, ines = client.backend, await viewer_of(client.backend, "ines")
    found_app = grants.found_app

    async def found_before(*asked: Any) -> Any:
        app = await found_app(*asked)
        await backend.database.write("update partner_apps set status = 'SUSPENDED'")
        return app

    monkeypatch.setattr(grants, "found_app", found_before)
    with pytest.raises(Refusal) as refused:
        await grants.grant_app(backend, ines, app_id=from_global(free)[1], scopes=[])
    assert refused.value.code is ErrorCode.CLOSED
    assert await backend.database.fetch("select id from api_tokens where user_id is not null") == []


async def test_a_token_for_a_member_is_worth_no_more_than_the_grant(client: Client, free: str):
    database = client.backend.database
    granted = await write(client, "grantApp", "ines", appId=free, scopes=["COMMENTS_WRITE", "RSVPS_WRITE"])
    (row,) = await database.fetch("select id from api_tokens where user_id is not null")
    theirs = to_global("AppToken", row["id"])
    assert await codes(client, "revokeAppToken", "ines", id=theirs) == ["FORBIDDEN"]
    assert await codes(client, "revokePersonalToken", "ines", id=theirs) == ["NOT_FOUND"]
    await database.write("update app_grants set scopes = {as_json scopes}", {"scopes": to_json(["RSVPS_WRITE"])})
    assert (await bearer_of(database, granted["tokenOnce"])).viewer.scopes == frozenset({"RSVPS_WRITE"})
    await database.write("delete from app_grants")
    assert await dead(client, granted["tokenOnce"])


async def test_an_app_acts_for_nobody_who_may_not_sign_in(client: Client, free: str):
    granted = await write(client, "grantApp", "ines", appId=free, scopes=["COMMENTS_WRITE"])
    await ban(client.backend, "ines")
    with pytest.raises(Refusal) as kept_out:
        await bearer_of(client.backend.database, granted["tokenOnce"])
    assert kept_out.value.code is ErrorCode.BANNED
    await unban(client.backend, "ines")
    assert not await dead(client, granted["tokenOnce"])


async def test_a_token_of_a_script_is_its_person_s_own(client: Client):
    issued = await write(client, "issuePersonalToken", "ines", name="Backup", scopes=["COMMENTS_WRITE"])
    client.hold("script", issued["tokenOnce"])
    assert (await client.data("{ viewer { user { handle } } }", "script"))["viewer"]["user"] == {"handle": "ines"}
    assert len((await client.data(MINE, "ines"))["viewer"]["personalTokens"]) == 1
    assert await codes(client, "revokePersonalToken", "jonas", id=issued["token"]["id"]) == ["NOT_FOUND"]
    (refused,) = (await attempt(client, "revokeAppToken", "ines", id=issued["token"]["id"]))["errors"]
    assert (refused["code"], refused["message"]) == (
        "NOT_FOUND",
        "There is no such token that you may end: check the id.",
    )
    await write(client, "revokePersonalToken", "ines", id=issued["token"]["id"])
    assert await dead(client, issued["tokenOnce"])
    assert (await client.data(MINE, "ines"))["viewer"]["personalTokens"] == []


async def test_any_token_is_found_by_one_statement_and_its_use_noted_once(client: Client, free: str):
    granted = await write(client, "grantApp", "ines", appId=free, scopes=SCOPES)
    async with client.backend.database.watching() as log:
        for _ in range(3):
            await bearer_of(client.backend.database, granted["tokenOnce"])
    reads = [sql for sql in log.statements if sql.lstrip().startswith("select")]
    assert (len(reads), len(log.statements)) == (3, 4)


@pytest.mark.parametrize("origin", [None, "https://club.example", "https://CLUB.example", "https://else.example"])
async def test_a_page_uses_an_app_s_token_from_the_app_s_own_origins_only(
    client: Client, admin: str, free: str, origin: str | None
):
    await write(client, "saveApp", admin, id=free, name="Free app", scopes=[], allowedOrigins=["https://club.example/"])
    issued = await write(client, "issueAppToken", admin, appId=free, scopes=[])
    asked = client._callers.of_token(issued["tokenOnce"], "test", "127.0.0.1", origin)
    if origin == "https://else.example":
        with pytest.raises(Refusal) as refusal:
            await asked
        assert refusal.value.code is ErrorCode.FORBIDDEN
    else:
        assert (await asked).viewer.app_id == from_global(free)[1]


@pytest.mark.parametrize("name", ["grantApp", "revokeGrant", "issuePersonalToken", "saveApp"])
async def test_nobody_without_a_login_makes_any(client: Client, free: str, name: str):
    given = {
        "grantApp": {"appId": free, "scopes": []},
        "revokeGrant": {"appId": free},
        "issuePersonalToken": {"name": "Mine", "scopes": []},
        "saveApp": {"name": "Mine", "scopes": []},
    }
    body = await send(client, name, None, **given[name])
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("homepage", "code"),
    [
        ("javascript:alert(1)", "INVALID"),
        ("no page", "INVALID"),
        ("http://[", "INVALID"),
        ("https://x.example/" + "x" * 500, "TOO_LONG"),
    ],
)
async def test_an_app_s_homepage_is_a_page(client: Client, admin: str, homepage: str, code: str):
    assert await codes(client, "saveApp", admin, name="Paged", scopes=[], homepage=homepage) == [code]


async def test_an_app_s_scopes_are_kept_once_and_in_order(client: Client, admin: str):
    saved = await write(client, "saveApp", admin, name="Many", scopes=["ADMIN", "RSVPS_WRITE", "ADMIN"])
    assert saved["app"]["scopes"] == ["RSVPS_WRITE", "ADMIN"]


@pytest.mark.parametrize("origins", [["https://a.example/page"], [f"https://{n}.example" for n in range(11)]])
async def test_an_app_s_origins_are_few_and_no_pages(client: Client, admin: str, origins: list[str]):
    assert await codes(client, "saveApp", admin, name="Origins", scopes=[], allowedOrigins=origins) == ["INVALID"]
