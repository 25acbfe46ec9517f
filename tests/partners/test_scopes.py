"""What a token with scopes may do: looked at in each field, by execution, plans, payloads and subscriptions alike."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from hub.graph.directives import ApiScope
from hub.graph.documents import BadDocument
from hub.graph.fields import shown_directives
from hub.graph.schema import build
from tests.client import Client
from tests.graph.test_operations import VALID
from tests.mutations import _KEYED, attempt, document, untouched, write

EMAIL = "{ viewer { email user { handle } } }"
LOG = "{ auditLog(first: 5) { nodes { action } } }"


async def a_script(client: Client, handle: str, *scopes: str) -> str:
    issued = await write(client, "issuePersonalToken", handle, name="Script", scopes=list(scopes))
    name = f"script of {handle} {scopes}"
    client.hold(name, issued["tokenOnce"])
    return name


def refusal(body: Any) -> Any:
    (error,) = body["errors"]
    return error["extensions"]["code"], error["extensions"]["neededScopes"], error["path"]


@pytest.mark.parametrize("plans", [True, False])
async def test_a_field_asks_for_its_scope_with_and_without_a_plan(client: Client, admin: str, plans: bool):
    with_scope, without = await a_script(client, admin, "ADMIN"), await a_script(client, admin, "COMMENTS_WRITE")
    asking = client.under(plans=plans, plan_sights=1)
    asking._tokens = client._tokens
    for _ in range(3):
        for handle in (admin, with_scope):
            assert (await asking.data(LOG, handle))["auditLog"]["nodes"]
        body = await asking.ask(LOG, without)
        assert (body["data"], refusal(body)) == (None, ("SCOPE_MISSING", ["ADMIN"], ["auditLog"]))
    counters = asking._engine.planner.counters
    assert counters.answered == ({"statement": 6} if plans else {})
    assert counters.executed == ({"a scope is missing": 3} if plans else {})


async def test_a_script_does_no_more_than_its_person_may(client: Client, admin: str):
    script = await a_script(client, "ines", "ADMIN")
    assert (await client.data(LOG, script))["auditLog"]["nodes"] == []
    refused = (await attempt(client, "saveApp", script, name="Mine", scopes=[]))["errors"]
    assert [error["code"] for error in refused] == ["FORBIDDEN"]


async def test_what_is_private_asks_for_its_scope_and_the_rest_is_shown(client: Client):
    script = await a_script(client, "ines")
    body = await client.ask(EMAIL, script)
    assert body["data"] == {"viewer": {"email": None, "user": {"handle": "ines"}}}
    assert refusal(body) == ("SCOPE_MISSING", ["USER_READ_PRIVATE"], ["viewer", "email"])
    await client.data(EMAIL, await a_script(client, "ines", "USER_READ_PRIVATE"))


async def test_a_write_without_the_scope_is_refused_in_its_payload_and_others_go_on(client: Client):
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    event = (await client.data('{ event(slug: "lincoln-capitol-day") { id } }'))["event"]["id"]
    script = await a_script(client, "ines", "COMMENTS_WRITE")
    added = {"subjectId": post, "body": "Hello.", "idempotencyKey": "a"}
    answered = {"eventId": event, "choice": "GOING", "idempotencyKey": "b", "clientMutationId": "mine"}
    body = await client.data(
        """mutation ($a: AddCommentInput!, $r: RsvpInput!) {
            addComment(input: $a) { comment { id } errors { code } }
            rsvp(input: $r) { clientMutationId rsvp { id } errors { __typename code ... on AccessError { neededScope } } } }""",
        script,
        a=added,
        r=answered,
    )
    assert body["addComment"]["comment"] is not None
    errors = [{"__typename": "AccessError", "code": "SCOPE_MISSING", "neededScope": "RSVPS_WRITE"}]
    assert body["rsvp"] == {"clientMutationId": "mine", "rsvp": None, "errors": errors}


async def an_app(client: Client, app: str, scopes: list[str]) -> tuple[str, str]:
    """By its own token, and for the admin."""
    issued = await write(client, "issueAppToken", "otto", appId=app, scopes=scopes)
    granted = await write(client, "grantApp", "otto", appId=app, scopes=scopes)
    own, acting = f"{app} itself {scopes}", f"{app} for otto {scopes}"
    client.hold(own, issued["tokenOnce"])
    client.hold(acting, granted["tokenOnce"])
    return own, acting


async def test_a_write_that_names_no_scope_is_for_a_person_s_own_session(client: Client, admin: str):
    everything = [scope.name for scope in ApiScope]
    script = await a_script(client, admin, *everything)
    app = (await write(client, "saveApp", admin, name="Any", scopes=everything))["app"]["id"]
    own, acting = await an_app(client, app, everything)
    assert client._engine.schema.mutation_type is not None
    fields = client._engine.schema.mutation_type.fields
    free = [
        name
        for name, field in fields.items()
        if not any(hasattr(shown, "requires") for shown in field.extensions["strawberry-definition"].directives)
    ]
    assert {"issuePersonalToken", "grantApp", "joinClub", "changePassword", "changeEmail", "logout"} <= set(free)
    for holder in (script, own, acting):
        async with untouched(client, holder, aside="api_tokens"):
            for name in free:
                given = {**VALID[name], **({"idempotencyKey": "k"} if name == "register" else {})}
                payload = (await client.data(document(name), holder, input=given))[name]
                assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"], (name, holder)
    async with untouched(client, own, aside="api_tokens"):
        payload = (await client.data("mutation { logout { errors { code } } }", own))["logout"]
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"]


async def test_a_token_without_scopes_writes_nothing(client: Client, admin: str):
    app = (await write(client, "saveApp", admin, name="Any", scopes=[]))["app"]["id"]
    holders = await a_script(client, admin), *await an_app(client, app, [])
    mutations = client._engine.schema.mutation_type
    assert mutations is not None
    for holder in holders:
        async with untouched(client, holder, aside="api_tokens"):
            for name in mutations.fields:
                given = {**VALID[name], **({"idempotencyKey": "k"} if name in _KEYED else {})}
                payload = (await client.data(document(name), holder, input=given))[name]
                (error,) = payload["errors"]
                assert error["code"] in {"FORBIDDEN", "SCOPE_MISSING"}, (name, holder)


STREAM = """subscription ($id: ID!) { commentStream(subjectId: $id) { __typename
    ... on CommentAdded { comment { author { handle displayName } } } } }"""
ADD = """mutation ($input: AddCommentInput!) { addComment(input: $input) {
    comment { author { handle displayName } } errors { code } } }"""


@pytest.fixture
def guarded(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Asks a hub where people's display names need the scope ADMIN."""
    field: Any = client._engine.schema.type_map["User"].fields["displayName"]
    monkeypatch.setattr(field.extensions["strawberry-definition"], "directives", shown_directives(scope=ApiScope.ADMIN))
    build.cache_clear()
    asking = Client(client.backend)
    asking._tokens = client._tokens
    yield asking
    build.cache_clear()


@pytest.mark.parametrize("times", [1, 5])
async def test_what_a_write_shows_asks_for_scopes_too(client: Client, guarded: Client, times: int):
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    script = await a_script(client, "ines", "COMMENTS_WRITE")
    for n in range(times):
        added = {"subjectId": post, "body": "Hello.", "idempotencyKey": f"k{n}"}
        body = await guarded.ask(ADD, script, input=added)
        assert refusal(body)[:2] == ("SCOPE_MISSING", ["ADMIN"])
        assert body["data"]["addComment"]["comment"] == {"author": None}
        shown = await guarded.data(ADD, "ines", input={**added, "idempotencyKey": f"p{n}"})
        assert shown["addComment"]["comment"]["author"]["displayName"]


async def test_a_subscription_tells_each_what_their_token_may_see(client: Client, guarded: Client):
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    lesser = [await a_script(client, handle, "COMMENTS_WRITE") for handle in ("ines", "hank")]
    full = await a_script(client, "ines", "ADMIN")
    async with AsyncExitStack() as stack:
        listeners = {
            handle: await stack.enter_async_context(guarded.listen(STREAM, handle, id=post))
            for handle in (*lesser, full, "jonas")
        }
        for listener in listeners.values():
            assert (await anext(listener))["data"]["commentStream"]["__typename"] == "CaughtUp"
        # Scripts with the same scopes share.
        assert guarded._engine.groups == 3
        await write(client, "addComment", "jonas", subjectId=post, body="Hello.")
        answers = {handle: await anext(listener) for handle, listener in listeners.items()}
    for handle, body in answers.items():
        author = body["data"]["commentStream"]["comment"]["author"]
        assert (author is None) == (handle in lesser)
        if author is None:
            assert refusal(body)[:2] == ("SCOPE_MISSING", ["ADMIN"])


async def test_a_subscription_without_scopes_is_executed_once_for_people_and_scripts(client: Client):
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    script = await a_script(client, "ines", "COMMENTS_WRITE")
    async with AsyncExitStack() as stack:
        for handle in (script, "hank"):
            listener = await stack.enter_async_context(client.listen(STREAM, handle, id=post))
            await anext(listener)
        assert client._engine.groups == 1


async def test_a_subscription_may_ask_for_a_scope_itself(client: Client, monkeypatch: pytest.MonkeyPatch):
    field: Any = client._engine.schema.subscription_type.fields["commentStream"]
    monkeypatch.setattr(field.extensions["strawberry-definition"], "directives", shown_directives(scope=ApiScope.ADMIN))
    post = (await client.data('{ post(slug: "welcome") { id } }'))["post"]["id"]
    script = await a_script(client, "ines", "COMMENTS_WRITE")
    async with client.listen(STREAM, script, id=post) as answers:
        with pytest.raises(BadDocument) as ending:
            await anext(answers)
    assert [error["extensions"]["code"] for error in ending.value.errors] == ["SCOPE_MISSING"]
    async with client.listen(STREAM, "ines", id=post) as answers:
        await anext(answers)
