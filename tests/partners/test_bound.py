"""An app that is bound to a club sees and writes there, and nowhere else, alone and for a member."""

from typing import Any

import pytest

from hub.graph.ids import from_global
from hub.users.commands import issue_token
from tests.client import Client
from tests.mutations import attempt, send, write
from tests.partners.conftest import CLUB, SCOPES, club_id

EVERYTHING = """{ posts { nodes { id } } threads { nodes { id club { slug } } } clubs { nodes { slug } }
    events(first: 100) { nodes { id visibility club { slug } } } user(handle: "jonas") {
        clubs { nodes { club { slug } } } comments { nodes { subject { __typename } } } rsvps { nodes { id } } } }"""


async def an_event(client: Client, slug: str, visibility: str = "PUBLIC") -> str:
    (row,) = await client.backend.database.fetch(
        """select e.id from events e join clubs c on c.id = e.club_id
           where c.slug = :slug and e.status <> 'CANCELLED' order by e.starts_at desc limit 1""",
        {"slug": slug},
    )
    await client.backend.database.write(
        "update subjects set visibility = :visibility, state = state + 1 where id = :id",
        {"visibility": visibility, "id": row["id"]},
    )
    nodes = (await client.data(EVERYTHING, "otto"))["events"]["nodes"]
    return next(node["id"] for node in nodes if from_global(node["id"])[1] == row["id"])


async def for_member(client: Client, app: str, handle: str, *scopes: str) -> str:
    granted = await write(client, "grantApp", handle, appId=app, scopes=list(scopes or SCOPES))
    client.hold(f"for {handle}", granted["tokenOnce"])
    return f"for {handle}"


async def a_member(client: Client) -> str:
    (row,) = await client.backend.database.fetch(
        """select u.handle from memberships m join users u on u.id = m.user_id join clubs c on c.id = m.club_id
           where c.slug = :slug and m.role = 'MEMBER' and u.role = 'MEMBER' order by m.id limit 1""",
        {"slug": CLUB},
    )
    return row["handle"]


def places(data: Any) -> set[str | None]:
    found = {node["slug"] for node in data["clubs"]["nodes"]}
    found |= {node["club"] and node["club"]["slug"] for kind in ("events", "threads") for node in data[kind]["nodes"]}
    return found | {node["club"]["slug"] for node in data["user"]["clubs"]["nodes"]}


@pytest.mark.parametrize("plans", [True, False])
async def test_it_sees_its_club_and_what_is_in_it(client: Client, bound: str, plans: bool):
    await for_member(client, bound, await a_member(client))
    asking = client.under(plans=plans, plan_sights=1)
    asking._tokens = client._tokens
    for viewer in ("app", f"for {await a_member(client)}"):
        data = await asking.data(EVERYTHING, viewer)
        assert places(data) == {CLUB}
        assert data["posts"]["nodes"] == []
        assert data["events"]["nodes"] != []


async def test_what_is_elsewhere_looks_absent_through_every_door(client: Client, bound: str):
    event = await an_event(client, "cascadia-current")
    for document in ("{ event(id: $id) { id } }", "{ node(id: $id) { id } }", "{ nodes(ids: [$id]) { id } }"):
        data = await client.data(f"query ($id: ID!) {document}", "app", id=event)
        assert next(iter(data.values())) in (None, [None])
    await for_member(client, bound, await a_member(client), "COMMENTS_WRITE")
    member = f"for {await a_member(client)}"
    refused = await attempt(client, "addComment", member, subjectId=event, body="Hello.")
    assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]
    assert (await client.data('{ club(slug: "cascadia-current") { id } }', "app"))["club"] is None


async def test_what_only_members_see_needs_the_scope_or_a_member(client: Client, admin: str, bound: str):
    event = await an_event(client, CLUB, "CLUB")
    plain = await write(client, "issueAppToken", admin, appId=bound, scopes=[])
    client.hold("plain", plain["tokenOnce"])
    member = await for_member(client, bound, await a_member(client))
    (row,) = await client.backend.database.fetch(
        """select handle from users u where role = 'MEMBER' and not exists (select 1 from memberships m
           join clubs c on c.id = m.club_id where m.user_id = u.id and c.slug = :slug) limit 1""",
        {"slug": CLUB},
    )
    stranger = await for_member(client, bound, row["handle"])
    seen = {}
    for viewer in ("app", "plain", member, stranger):
        seen[viewer] = (await client.data("query ($id: ID!) { event(id: $id) { id } }", viewer, id=event))["event"]
    assert [found is not None for found in seen.values()] == [True, False, True, False]
    for viewer in seen:
        known = (await client.caller(viewer)).viewer
        assert known.clubs <= {known.within}


async def test_alone_it_only_reads(client: Client, admin: str, bound: str):
    issued = await write(client, "issueAppToken", admin, appId=bound, scopes=SCOPES)
    client.hold("app", issued["tokenOnce"])
    event = await an_event(client, CLUB)
    refused = await attempt(client, "addComment", "app", subjectId=event, body="Hello.")
    assert [error["code"] for error in refused["errors"]] == ["FORBIDDEN"]
    assert (await client.data("{ viewer { user { id } } }", "app"))["viewer"] is None


async def test_for_staff_it_has_no_power_of_staff(client: Client, bound: str):
    event = await an_event(client, CLUB)
    added = await write(client, "addComment", await a_member(client), subjectId=event, body="Hello.")
    moderator = await for_member(client, bound, "otto")
    refused = await attempt(client, "deleteComment", moderator, id=added["comment"]["id"])
    assert [error["code"] for error in refused["errors"]] == ["FORBIDDEN"]


async def test_it_begins_threads_in_its_club_only(client: Client, admin: str):
    club, elsewhere = await club_id(client), await club_id(client, "cascadia-current")
    saved = await write(client, "saveApp", admin, name="Writer", clubId=club, scopes=["THREADS_WRITE"])
    member = await for_member(client, saved["app"]["id"], await a_member(client), "THREADS_WRITE")
    categories = (await client.data("{ categories { id archive { archivedAt } } }"))["categories"]
    category = next(one["id"] for one in categories if one["archive"] is None)
    thread = {"categoryId": category, "title": "Hello", "body": "Hello."}
    for place, codes in ((None, ["FORBIDDEN"]), (elsewhere, ["FORBIDDEN"]), (club, [])):
        given = {**thread, "clubId": place} if place else thread
        payload = await attempt(client, "createThread", member, **given)
        assert [error["code"] for error in payload["errors"]] == codes


async def test_a_person_s_own_token_has_no_scopes_and_no_club(client: Client):
    token = await issue_token(client.backend.database, "ines", 1)
    viewer = (await client._callers.of_token(token.text, "test", "127.0.0.1")).viewer
    assert (viewer.scopes, viewer.within, viewer.app_id) == (None, None, None)
    assert (await send(client, "joinClub", "ines", clubId=await club_id(client)))["data"]["joinClub"]["errors"] == []
