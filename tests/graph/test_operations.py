"""What can go wrong outside the rules: bugs are masked, too much at once says when to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)
from structlog.testing import capture_logs

from hub.graph.documents import BadDocument
from hub.graph.ids import to_global
from hub.graph.judging import cost_of
from hub.graph.schema import build, core
from hub.settings import Settings
from hub.users.tokens import bearer_of
from tests.client import Client
from tests.graph.test_statements import CANONICAL
from tests.mutations import a_thread, document, send, untouched

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = core(build())
SECRET = "the inside of /srv/hub/store.py"


@asynccontextmanager
async def failing(client: Client, error: Exception) -> AsyncIterator[None]:
    """Each statement inside fails; who asks was looked up before."""
    await client.caller("ines")
    token, callers = await client.caller("ines"), client._callers

    async def fail(*_: Any) -> Any:
        raise error

    async def known(*_: Any) -> Any:
        return token

    callers.of_token = known
    database = client.backend.database
    database.fetch = database.fetch_small = fail
    try:
        yield
    finally:
        del database.fetch, database.fetch_small, callers.of_token


async def test_a_caller_knows_how_far_the_persons_own_stream_was(shared: Client) -> None:
    caller = await shared.caller("ines")
    bearer = await bearer_of(shared.backend.database, caller.token or "")
    assert bearer.as_of is not None
    assert (caller.as_of, caller.plans) == (bearer.as_of, True)


async def test_a_bug_is_masked_with_an_id_to_find_it_by(shared: Client) -> None:
    for text in ("{ threads { nodes { id } } }", '{ node(id: "VXNlcjox") { id } }', "{ viewer { email } }"):
        with capture_logs() as logs:
            async with failing(shared, RuntimeError(SECRET)):
                body = await shared.ask(text, "ines")
        (error,) = body["errors"]
        (told,) = (entry for entry in logs if entry["event"] == "operation.bug")
        assert (told["request_id"], str(told["exc_info"])) == ("test", SECRET)
        assert error["message"] == "Something went wrong on our side."
        assert error["extensions"] == {"code": "INTERNAL", "requestId": "test"}
        assert SECRET not in str(body)


async def test_a_bug_in_a_mutation_is_masked_and_writes_nothing(shared: Client) -> None:
    thread = await a_thread(shared)
    async with untouched(shared, "ines"), failing(shared, RuntimeError(SECRET)):
        body = await send(shared, "addComment", "ines", subjectId=thread, body="Hello.")
    assert [error["extensions"]["code"] for error in body["errors"]] == ["INTERNAL"]
    assert SECRET not in str(body)


async def test_a_bug_in_a_subscription_is_masked_and_ends_it(shared: Client) -> None:
    thread = await a_thread(shared)
    async with failing(shared, RuntimeError(SECRET)):
        text = "subscription ($id: ID!) { commentStream(subjectId: $id) { __typename } }"
        async with shared.listen(text, "ines", id=thread) as answers:
            with pytest.raises(BadDocument) as ending:
                await anext(answers)
    assert [error["extensions"]["code"] for error in ending.value.errors] == ["INTERNAL"]
    assert SECRET not in str(ending.value.errors)


async def test_a_bug_in_one_field_leaves_the_others(shared: Client) -> None:
    async with failing(shared, RuntimeError(SECRET)):
        body = await shared.ask("{ status { mode } viewer { email } }", "ines")
    assert body["data"] == {"status": {"mode": "NORMAL"}, "viewer": None}
    assert [error["path"] for error in body["errors"]] == [["viewer"]]


async def test_what_takes_too_long_is_ended_and_says_when_to_come_back(shared: Client) -> None:
    client = shared.under(operation_timeout=0.05)
    fetch = client.backend.database.fetch

    async def slow(*arguments: Any) -> Any:
        await asyncio.Event().wait()
        return await fetch(*arguments)

    caller = await client.caller(None)
    operation = client._engine.prepare("{ threads { nodes { id } } }", None)
    client.backend.database.fetch = slow
    try:
        answer = await client._engine.execute(operation, {}, caller)
    finally:
        del client.backend.database.fetch
    assert (answer.status, answer.retry_after_ms) == (503, 1_000)
    assert [error["extensions"]["code"] for error in answer.body["errors"]] == ["OVERLOADED"]


@pytest.mark.parametrize("name", CANONICAL)
async def test_a_canonical_page_costs_less_than_half_of_the_limit(shared: Client, name: str) -> None:
    operation = shared._engine.prepare(CANONICAL[name][0], None)
    cost = cost_of(SCHEMA, operation.document, operation.definition, {})
    assert 0 < cost < Settings().document_cost / 2


VALID: dict[str, dict[str, Any]] = {
    "register": {"handle": "fine", "email": "fine@example.org", "password": "long enough", "displayName": "Fine"},
    "login": {"login": "ines", "password": "long enough", "device": "Fine"},
    "refreshSession": {"refreshToken": "fine"},
    "logout": {"id": to_global("Session", 1)},
    "verifyEmail": {"token": "fine"},
    "requestPasswordReset": {"login": "ines"},
    "resetPassword": {"token": "fine", "newPassword": "long enough"},
    "changePassword": {"password": "long enough", "newPassword": "long enough"},
    "changeEmail": {"email": "fine@example.org", "password": "long enough"},
    "sanctionUser": {"userId": to_global("User", 1), "sanction": {"kind": "BAN"}, "reason": "Fine."},
    "liftSanction": {"id": to_global("Sanction", 1)},
    "addComment": {"subjectId": to_global("Post", 1), "body": "Fine.", "parentId": to_global("Comment", 1)},
    "editComment": {"id": to_global("Comment", 1), "body": "Fine.", "expectedVersion": 1},
    "deleteComment": {"id": to_global("Comment", 1)},
    "react": {"targetId": to_global("Comment", 1), "kind": "like", "on": True},
    "createThread": {"categoryId": to_global("Category", 1), "title": "Fine", "body": "Fine."},
    "savePost": {"kind": "UPDATE", "title": "Fine", "body": "Fine."},
    "publishPost": {"id": to_global("Post", 1)},
    "movePost": {"id": to_global("Post", 1), "to": "IN_REVIEW"},
    "pinPost": {"id": to_global("Post", 1), "on": True},
    "addPostUpdate": {"postId": to_global("Post", 1), "body": "Fine."},
    "addOfficialResponse": {"postId": to_global("Post", 1), "from": "Fine", "body": "Fine."},
    "translatePost": {"postId": to_global("Post", 1), "locale": "es", "title": "Fine", "body": "Fine."},
    "createTopic": {"name": "Fine"},
    "saveAction": {
        "postId": to_global("Post", 1),
        "kind": "SIGN",
        "verification": "ACCOUNT",
        "consentText": "Fine.",
    },
    "participate": {"actionId": to_global("Action", 1), "consent": True},
    "invalidateParticipations": {"actionId": to_global("Action", 1), "rule": {"region": "TX"}, "dryRun": True},
    "readPersonalAnswers": {
        "actionId": to_global("Action", 1),
        "participationIds": [to_global("Participation", 1)],
        "reason": "Fine",
    },
    "recordOutreach": {"participationId": to_global("Participation", 1), "outreach": []},
    "reviewStories": {
        "actionId": to_global("Action", 1),
        "participationIds": [to_global("Participation", 1)],
        "decision": "APPROVED",
    },
    "withdrawByReceipt": {"receipt": "fine"},
    "withdrawParticipation": {"id": to_global("Participation", 1)},
    "setNotificationRules": {"rules": []},
    "joinClub": {"clubId": to_global("Club", 1)},
    "decideMembership": {"membershipId": to_global("Membership", 1), "accept": True},
    "leaveClub": {"clubId": to_global("Club", 1)},
    "setClubRole": {"membershipId": to_global("Membership", 1), "role": "MEMBER"},
    "removeMember": {"membershipId": to_global("Membership", 1)},
    "follow": {"targetId": to_global("Post", 1), "level": "ALL"},
    "unfollow": {"targetId": to_global("Post", 1)},
    "markNotificationsRead": {"all": True},
    "registerPushDevice": {"endpoint": "https://push.example/fine", "keys": {"p256dh": "fine", "auth": "fine"}},
    "removePushDevice": {"id": to_global("PushDevice", 1)},
    "blockUser": {"userId": to_global("User", 1)},
    "unblockUser": {"userId": to_global("User", 1)},
    "saveEvent": {
        "title": "Fine",
        "body": "Fine.",
        "startsAt": "2027-01-01T12:00:00Z",
        "timeZone": "America/Chicago",
        "attendance": "ONLINE",
    },
    "cancelEvent": {"id": to_global("Event", 1)},
    "rsvp": {"eventId": to_global("Event", 1), "choice": "GOING"},
    "saveApp": {"name": "Fine", "scopes": [], "allowedOrigins": ["https://club.example"], "persistedOnly": True},
    "setAppStatus": {"id": to_global("PartnerApp", 1), "status": "SUSPENDED"},
    "issueAppToken": {"appId": to_global("PartnerApp", 1), "scopes": []},
    "revokeAppToken": {"id": to_global("AppToken", 1)},
    "grantApp": {"appId": to_global("PartnerApp", 1), "scopes": []},
    "revokeGrant": {"appId": to_global("PartnerApp", 1)},
    "issuePersonalToken": {"name": "Fine", "scopes": []},
    "revokePersonalToken": {"id": to_global("AppToken", 1)},
}


def texts_of(name: str) -> list[tuple[str, bool]]:
    """The fields of a mutation's input that take text, and whether they take a list."""
    assert SCHEMA.mutation_type is not None
    given = get_named_type(SCHEMA.mutation_type.fields[name].args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    return [
        (field_name, isinstance(get_nullable_type(field.type), GraphQLList))
        for field_name, field in given.fields.items()
        if isinstance(kind := get_named_type(field.type), GraphQLScalarType) and kind.name not in {"Int", "Boolean"}
    ]


async def test_every_mutation_has_a_valid_example() -> None:
    assert SCHEMA.mutation_type is not None
    assert set(VALID) == set(SCHEMA.mutation_type.fields)


@pytest.mark.parametrize(("name", "field", "many"), [(name, *text) for name in VALID for text in texts_of(name)])
async def test_nul_and_half_signs_are_refused_in_every_text_of_a_write(
    shared: Client, name: str, field: str, many: bool
) -> None:
    async with untouched(shared, "ines"):
        for bad in ("a\0b", "\0", "a\ud800b", "\udc00"):
            with pytest.raises(BadDocument) as refusal:
                await send(shared, name, "ines", **{**VALID[name], field: [bad] if many else bad})
            assert [error["extensions"]["code"] for error in refusal.value.errors] == ["INVALID"]


@pytest.mark.parametrize("name", VALID)
async def test_what_an_input_needs_and_what_it_does_not_know_is_refused(shared: Client, name: str) -> None:
    assert SCHEMA.mutation_type is not None
    given: Any = get_named_type(SCHEMA.mutation_type.fields[name].args["input"].type)
    full = {"idempotencyKey": "k", **VALID[name]} if "idempotencyKey" in given.fields else VALID[name]
    needed = [field for field, value in given.fields.items() if isinstance(value.type, GraphQLNonNull)]
    needed = [field for field in needed if field in full]
    without = [field for field in needed if is_required_input_field(given.fields[field])]
    wrong = [{key: value for key, value in full.items() if key != field} for field in without]
    wrong += [{**full, field: None} for field in needed]
    wrong += [{**full, "role": "ADMIN"}, {**full, "authorId": "x"}, {**full, "status": "PUBLISHED"}]
    async with untouched(shared, "ines"):
        for variables in wrong:
            with pytest.raises(BadDocument) as refusal:
                await shared.ask(document(name), "ines", input=variables)
            assert {error["extensions"]["code"] for error in refusal.value.errors} == {"INVALID"}
