"""Every type, field, mutation and subscription in every role, through every door: front door and side doors agree."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, is_introspection_type

from hub.graph.documents import BadDocument
from hub.live.backend import Backend
from hub.refusals import Refusal
from tests.client import Client
from tests.conftest import BACKENDS, _a_database
from tests.permissions.asking import SCHEMA, things, together, whole_of_any, with_fragments, without
from tests.permissions.community import Community
from tests.permissions.fields import CARRIED, DOORS, OWN, SAME, STREAMS
from tests.permissions.roles import NOBODY, ROLES, SIGNED_IN, STAFF, handle_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

# One document asks for all there is, on a machine that may be busy.
PATIENT = {"database_wait": 120.0, "operation_timeout": 120.0, "statement_timeout": 120.0}
NO_LIMITS = {
    **dict.fromkeys(("document_aliases", "document_tokens", "document_comparisons", "document_characters"), 10**6),
    "document_cost": 10**12,
    "ids_limit": 10**4,
}
ROOT_DOORS = {
    "User": "user",
    "Thread": "thread",
    "Post": "post",
    "Comment": "comment",
    "Club": "club",
    "Event": "event",
}
SUBJECTS = ("Thread", "Post", "Event")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=BACKENDS)
async def community(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Community]:
    folder = tmp_path_factory.mktemp("matrix") / "data"
    async with _a_database(request.param, folder, tmp_path_factory) as settings:
        backend = await Backend.open(settings.model_copy(update=PATIENT))
        yield await Community(Client(backend)).settle()
        await backend.close()


class Answers:
    """What each role is answered by each door, asked once."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.client = community.client.under(**NO_LIMITS)
        self._known: dict[tuple[str, str], Any] = {}

    async def of(self, role: str, door: str) -> Any:
        if (role, door) not in self._known:
            self._known[role, door] = await getattr(self, f"_{door}")(handle_of(role))
        return self._known[role, door]

    async def _nodes(self, handle: str | None) -> dict[str, Any]:
        ids = list(self.community.seen)
        asked = " ".join(f"part{n}: nodes(ids: $ids) {{ {half} }}" for n, half in enumerate(whole_of_any()))
        document = with_fragments(f"query ($ids: [ID!]!) {{ {asked} }}")
        parts = await self.client.data(document, handle, ids=ids)
        return dict(zip(ids, map(together, parts["part0"], parts["part1"]), strict=True))

    async def _node(self, handle: str | None) -> dict[str, Any]:
        ids = list(self.community.seen)
        parts: list[Any] = []
        for half in whole_of_any():
            fields = " ".join(f'n{n}: node(id: "{one}") {{ {half} }}' for n, one in enumerate(ids))
            parts.append((await self.client.data(with_fragments(f"{{ {fields} }}"), handle)).values())
        return dict(zip(ids, map(together, *parts), strict=True))

    async def _front(self, handle: str | None) -> dict[str, Any]:
        doors = {
            one: ROOT_DOORS[name.split(":")[0]] for name, one in self.community.ids.items() if self._has_door(name)
        }
        roles = {one: name.partition(":")[2] for name, one in self.community.ids.items()}
        fields: list[str] = []
        for place, (one, door) in enumerate(doors.items()):
            key = f'handle: "{handle_of(roles[one])}"' if door == "user" else f'id: "{one}"'
            fields.append(f"n{place}: {door}({key}) {{ ...{door.capitalize()}Whole }}")
        found = await self.client.data(with_fragments(f"{{ {' '.join(fields)} }}"), handle)
        return dict(zip(doors, found.values(), strict=True))

    def _has_door(self, name: str) -> bool:
        return name.split(":", maxsplit=1)[0] in ROOT_DOORS

    async def _lists(self, handle: str | None) -> dict[str, Any]:
        nouns = {"threads": "Thread", "posts": "Post", "events": "Event", "clubs": "Club"}
        fields = " ".join(f"{name}(first: 100) {{ nodes {{ ...{noun}Whole }} }}" for name, noun in nouns.items())
        return await self.client.data(with_fragments(f"{{ {fields} categories {{ ...CategoryWhole }} }}"), handle)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(community: Community) -> AsyncIterator[Answers]:
    yield Answers(community)


def words(table: dict[str, str]) -> set[str]:
    return {f"{noun}.{name}" for noun, names in table.items() for name in names.split()}


async def test_each_field_of_the_schema_has_its_place() -> None:
    roots = {SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type}
    real = {
        f"{shown.name}.{name}"
        for shown in SCHEMA.type_map.values()
        if isinstance(shown, GraphQLObjectType) and not is_introspection_type(shown) and shown not in roots
        for name in (shown.fields if shown.name not in CARRIED else ())
    }
    assert real == words(SAME) | words(OWN)
    assert words(SAME) & words(OWN) == set()
    assert SCHEMA.query_type is not None
    assert set(SCHEMA.query_type.fields) == set(DOORS.split())
    assert SCHEMA.subscription_type is not None
    assert set(SCHEMA.subscription_type.fields) == set(STREAMS.split())


@pytest.mark.parametrize("door", ["nodes", "node", "front"])
@pytest.mark.parametrize("role", ROLES)
async def test_a_door_opens_to_those_who_may_see(community: Community, answers: Answers, role: str, door: str) -> None:
    shown = await answers.of(role, door)
    names = {one: name for name, one in community.ids.items()}
    opened = {names[one] for one, answer in shown.items() if answer is not None}
    assert opened == {names[one] for one in shown if role in community.seen[one]}


@pytest.mark.parametrize("door", ["nodes", "node", "front", "lists"])
@pytest.mark.parametrize("role", ROLES)
async def test_nobody_meets_what_they_may_not_see(community: Community, answers: Answers, role: str, door: str) -> None:
    met = {thing["id"] for thing in things(await answers.of(role, door))}
    names = {one: name for name, one in community.ids.items()}
    assert {names[one] for one in met & community.seen.keys() if role not in community.seen[one]} == set()


@pytest.mark.parametrize("role", ROLES)
async def test_a_thing_looks_the_same_from_wherever_it_is_met(answers: Answers, role: str) -> None:
    first: dict[str, Any] = {}
    for door in ("node", "nodes", "front", "lists"):
        for thing in things(await answers.of(role, door)):
            if len(thing) > 2:
                assert first.setdefault(thing["id"], thing) == thing, door


@pytest.mark.parametrize("door", ["nodes", "lists"])
@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_all_see_of_a_thing_what_an_admin_sees_less_what_is_hidden(
    community: Community, answers: Answers, role: str, door: str
) -> None:
    hidden = frozenset(one for one, seen in community.seen.items() if role not in seen)
    assert without(await answers.of(role, door), frozenset()) == without(await answers.of("admin", door), hidden)


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_unlisted_is_in_no_list(community: Community, answers: Answers, role: str) -> None:
    unlisted = {one for name, one in community.ids.items() if name in {f"{noun}:UNLISTED" for noun in SUBJECTS}}
    below = {
        one for name, one in community.ids.items() if name.startswith(("Comment:", "Rsvp:")) and ":UNLISTED:" in name
    }
    whole = await answers.of(role, "nodes")
    lists = await answers.of(role, "lists")
    assert community.ids["Club:unlisted"] not in {club["id"] for club in lists["clubs"]["nodes"]}
    for place in (
        lists,
        *(whole[one] for name, one in community.ids.items() if name.startswith(("User", "Club", "Cat"))),
    ):
        met = {thing["id"] for thing in things(place)}
        assert met & (unlisted | below) == set()


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_each_viewers_own(community: Community, answers: Answers, role: str) -> None:
    whole = await answers.of(role, "nodes")
    ids, staff = community.ids, role in STAFF
    for status in ("HIDDEN", "REMOVED"):
        comment = whole[ids[f"Comment:{status}"]]
        assert (comment["Comment_body"] is not None) == (comment["Comment_author"] is not None) == staff
    for one, thing in whole.items():
        if (
            thing is not None
            and thing["__typename"] == "Comment"
            and one not in {ids["Comment:HIDDEN"], ids["Comment:REMOVED"]}
        ):
            assert thing["Comment_body"]["source"] == "A word."
            assert thing["Comment_author"] is not None
    mine = whole[ids["Club:open"]]["Club_viewerMembership"]
    assert mine == (
        {"__typename": "Membership", "id": ids[f"Membership:open:{role}"]} if role.startswith("club") else None
    )
    answer = whole[ids["Event:PUBLIC"]]["Event_viewerRsvp"]
    assert answer == ({"__typename": "Rsvp", "id": ids["Rsvp:Event:PUBLIC:author"]} if role == "author" else None)


VIEWER = """{ viewer { user { handle } email emailVerified locale timeZone sessions { device current }
    sanctions { id by { handle } } authorizedApps { app { id } scopes } personalTokens { name scopes }
    pushDevices { service }
    blockedUsers { nodes { id } } } }"""


@pytest.mark.parametrize("role", ROLES)
async def test_what_only_oneself_sees(community: Community, role: str) -> None:
    viewer = (await community.client.data(VIEWER, handle_of(role)))["viewer"]
    if role == NOBODY:
        assert viewer is None
        return
    author, ids = role == "author", community.ids
    assert viewer == {
        "user": {"handle": handle_of(role)},
        "email": f"{handle_of(role)}@example.org",
        "emailVerified": True,
        "locale": "en",
        "timeZone": "UTC",
        "sessions": [{"device": "phone", "current": False}] if author else [],
        "sanctions": [{"id": ids["Sanction:author"], "by": None}] if author else [],
        "authorizedApps": [{"app": {"id": ids["PartnerApp:free"]}, "scopes": []}] if author else [],
        "personalTokens": [{"name": "Mine", "scopes": []}] if author else [],
        "pushDevices": [{"service": "push.example"}] if author else [],
        "blockedUsers": {"nodes": []},
    }


@pytest.mark.parametrize("role", ROLES)
async def test_who_laid_a_sanction_on_is_for_staff(community: Community, answers: Answers, role: str) -> None:
    sanction = (await answers.of(role, "nodes"))[community.ids["Sanction:author"]]
    if sanction is not None:
        by = {"__typename": "User", "id": community.ids["User:moderator"]} if role in STAFF else None
        assert sanction["Sanction_by"] == by


@pytest.mark.parametrize("role", ROLES)
async def test_the_tokens_of_an_app_are_seen_by_those_who_manage_it(
    community: Community, answers: Answers, role: str
) -> None:
    whole = await answers.of(role, "nodes")
    managed = {"free": {"author"}, "bound": {"club_owner"}, "hidden": {"club_owner"}}
    for name, managers in managed.items():
        app = whole[community.ids[f"PartnerApp:{name}"]]
        assert (app is None) == (role == NOBODY)
        if app is not None:
            assert len(app["PartnerApp_tokens"]) == (role in {*managers, "admin"}), name
    apps = whole[community.ids["Club:open"]]["e_Club_partnerApps"]
    bound = [community.ids["PartnerApp:bound"]]
    assert [app["id"] for app in apps] == (bound if role == "club_owner" else [])


@pytest.mark.parametrize("role", ROLES)
async def test_the_back_office_is_for_those_who_work_there(community: Community, role: str) -> None:
    async def ids_of(document: str, name: str) -> list[str] | str:
        body = await community.client.ask(document, handle_of(role))
        if "errors" in body:
            return body["errors"][0]["extensions"]["code"]
        found = body["data"][name]
        return [one["id"] for one in (found["nodes"] if isinstance(found, dict) else found)]

    def kept(noun: str) -> set[str]:
        return {one for name, one in community.ids.items() if name.startswith(f"{noun}:")}

    acts = await ids_of("{ auditLog(first: 100) { nodes { id } edges { node { id } } } }", "auditLog")
    assert (set(acts) >= kept("AuditLogEntry")) if role == "admin" else (acts == [])
    for failed, all_jobs in (("false", 2), ("true", 1)):
        jobs = await ids_of(f"{{ jobs(failed: {failed}) {{ nodes {{ id kind reason }} }} }}", "jobs")
        # What the community wrote has made some more.
        assert (len(jobs) >= all_jobs) if role == "admin" else (jobs == [])
    apps = await ids_of("{ partnerApps { id } }", "partnerApps")
    refused = "UNAUTHENTICATED" if role == NOBODY else "FORBIDDEN"
    assert (set(apps) == kept("PartnerApp")) if role == "admin" else (apps == refused)
    for whom in ("author", "banned"):
        sanctions = await ids_of(f'{{ sanctions(userId: "{community.ids[f"User:{whom}"]}") {{ id }} }}', "sanctions")
        sanction = community.ids[f"Sanction:{whom}"]
        assert sanctions == ([sanction] if role in community.seen[sanction] else [])


@pytest.mark.parametrize("role", ROLES)
async def test_counts_tell_nobody_of_what_is_hidden(community: Community, role: str) -> None:
    subjects = [one for name, one in community.ids.items() if name.partition(":")[0] in SUBJECTS]
    counts = await community.client.data(
        "query ($ids: [ID!]!) { commentCounts(subjectIds: $ids) { subjectId count { value } } }",
        handle_of(role),
        ids=subjects,
    )
    assert [one["subjectId"] for one in counts["commentCounts"]] == [s for s in subjects if role in community.seen[s]]


@pytest.mark.parametrize("role", ROLES)
async def test_pages_and_streams_tell_of_the_same_comments(community: Community, role: str) -> None:
    handle = handle_of(role)
    for name, comments in community.comments.items():
        subject = community.ids[name]
        shown = [one for one in comments if role in community.seen[one] and role in community.seen[subject]]
        gone = [community.ids[f"Comment:{status}"] for status in ("HIDDEN", "REMOVED")]
        told = [one for one in shown if one not in gone]
        start = await _start(community, subject)
        assert await _changes(community, handle, subject, comments[0], start) == (
            (told, shown) if role in community.seen[subject] else None
        ), name
        for field in ("commentStream", "commentAdded"):
            # One rendering serves all of a class, so a stream that all may follow leaves out what is one's own.
            common = [
                one for one in told if _in_common(community, one, role) or not _in_common(community, subject, role)
            ]
            followed = await _followed(community.client, handle, field, subject, start, len(common))
            assert followed == (common if role in community.seen[subject] else ["NOT_FOUND"]), (name, field)


def _in_common(community: Community, one: str, role: str) -> bool:
    """Whether others of the same standing and clubs see it too."""
    return role in community.seen[one] and (role != "author" or "member" in community.seen[one])


async def _start(community: Community, subject: str) -> str:
    from hub.live.cursor import LiveCursor
    from tests.mutations import row_id

    return str(LiveCursor(row_id(subject), 7, 0))


async def _changes(
    community: Community, handle: str | None, subject: str, comment: str, start: str
) -> tuple[list[str], list[str]] | None:
    document = """query ($id: ID!, $at: LiveCursor!, $comment: ID!) { node(id: $id) { ... on Commentable {
        changes(after: $at) { changes { ... on CommentAdded { comment { id } } } }
        commentsAround(commentId: $comment, before: 0, after: 50) { nodes { id } } } } }"""
    node = (await community.client.data(document, handle, id=subject, at=start, comment=comment))["node"]
    if node is None:
        return None
    told = [change["comment"]["id"] for change in node["changes"]["changes"]]
    return told, [one["id"] for one in node["commentsAround"]["nodes"]]


async def _followed(client: Client, handle: str | None, field: str, subject: str, start: str, most: int) -> list[str]:
    """The comments that a stream tells of since its start, or the code with which it is refused."""
    selection = (
        "... on CommentAdded { comment { id } } ... on CaughtUp { replayed }"
        if field == "commentStream"
        else "comment { id }"
    )
    document = f"subscription ($id: ID!, $at: LiveCursor) {{ {field}(subjectId: $id, after: $at) {{ {selection} }} }}"
    found: list[str] = []
    async with client.listen(document, handle, id=subject, at=start) as told:
        try:
            while field == "commentStream" or len(found) < max(1, most):
                body = await asyncio.wait_for(anext(told), 5)
                if "errors" in body:
                    return [error["extensions"]["code"] for error in body["errors"]]
                if "comment" not in body["data"][field]:
                    break
                found.append(body["data"][field]["comment"]["id"])
        except BadDocument as refusal:
            return [error["extensions"]["code"] for error in refusal.errors]
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_headlines_tell_of_visible_subjects_only(community: Community, role: str) -> None:
    subjects = [community.ids[name] for name in community.comments]
    visible = {one for one in subjects if _in_common(community, one, role)}
    document = "subscription ($ids: [ID!]!) { tallyStream(subjectIds: $ids) { subjectId } }"
    async with community.client.listen(document, handle_of(role), ids=subjects) as told:
        found = {(await asyncio.wait_for(anext(told), 5))["data"]["tallyStream"]["subjectId"] for _ in visible}
        await asyncio.sleep(0)
        assert len(told.deliveries) == len(visible)
    assert found == visible


async def test_who_is_banned_is_nobody_at_any_door(community: Community) -> None:
    with pytest.raises(Refusal):
        await community.client._callers.of_token(community.banned_token, "test", "127.0.0.1")
    assert {role for seen in community.seen.values() for role in seen} == SIGNED_IN | {NOBODY}
