"""What a token with scopes may do: looked at in each field, by execution, plans, payloads and subscriptions alike."""

from typing import Any

import pytest

from hub.store.audience import Fact, Standing
from tests.client import Client
from tests.mutations import attempt, document, write
from tests.partners.conftest import SCOPES

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


async def test_a_write_that_names_no_scope_is_for_a_person_s_own_session(client: Client):
    script = await a_script(client, "ines", *SCOPES, "ADMIN", "THREADS_WRITE", "POSTS_PUBLISH")
    assert client._engine.schema.mutation_type is not None
    fields = client._engine.schema.mutation_type.fields
    free = [
        name
        for name, field in fields.items()
        if not any(hasattr(shown, "requires") for shown in field.extensions["strawberry-definition"].directives)
    ]
    assert {"issuePersonalToken", "grantApp", "joinClub"} <= set(free)
    from tests.graph.test_operations import VALID

    for name in free:
        given = {**VALID[name], **({"idempotencyKey": "k"} if "idempotencyKey" in str(document(name)) else {})}
        if name == "register":
            given["idempotencyKey"] = "k"
        payload = (await client.data(document(name), script, input=given))[name]
        assert [error["code"] for error in payload["errors"]] == ["FORBIDDEN"], name


async def test_a_selection_with_a_scope_has_a_class_of_its_own(client: Client):
    engine = client._engine
    text = "subscription { commentStream(subjectId: 1) { ... on CommentAdded { comment { author { clubs { nodes {"
    apart = " club { id } } } } } } } }"
    listed = " club { partnerApps { tokens { id } } } } } } } } } }"
    from hub.graph.audience import Audience
    from hub.graph.fields import scopes_of

    audience = Audience(engine.schema)
    for end in (apart, listed):
        root: Any = engine.prepare(text + end, None).definition.selection_set.selections[0]
        assert Fact.SCOPES not in audience.facts({}, root, Standing.MEMBER, frozenset())
    tokens: Any = engine.schema.type_map["User"]
    field = tokens.fields["clubs"]
    definition = field.extensions["strawberry-definition"]
    scoped: Any = engine.schema.query_type.fields["auditLog"].extensions["strawberry-definition"].directives
    definition.directives = [*definition.directives, *scoped]
    try:
        assert scopes_of(field) == frozenset({"ADMIN"})
        root = engine.prepare(text + apart, None).definition.selection_set.selections[0]
        assert Fact.SCOPES in audience.facts({}, root, Standing.MEMBER, frozenset())
    finally:
        definition.directives = definition.directives[: -len(scoped)]
