"""Writing as a client does, and proof that a refused write left no trace."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.graph.ids import from_global
from hub.live.backend import Backend
from tests.client import Client

_KEYED = {"register", "addComment", "createThread", "savePost", "saveEvent", "rsvp"}
_KEYED |= {"addPostUpdate", "addOfficialResponse", "createTopic", "participate"}
_SHOWN = {
    "register": ("Register", "user { id handle displayName } accessToken refreshToken expiresAt"),
    "login": ("Login", "user { id handle } accessToken refreshToken expiresAt"),
    "refreshSession": ("RefreshSession", "user { id handle } accessToken refreshToken expiresAt"),
    "logout": ("Id", "user { id } accessToken"),
    "verifyEmail": ("VerifyEmail", "user { id handle displayName }"),
    "requestPasswordReset": ("RequestPasswordReset", "user { handle }"),
    "resetPassword": ("ResetPassword", "user { handle }"),
    "changePassword": ("ChangePassword", "user { handle }"),
    "changeEmail": ("ChangeEmail", "user { handle }"),
    "sanctionUser": (
        "SanctionUser",
        "sanction { id kind reason at expiresAt liftedAt user { handle status } by { handle } }",
    ),
    "liftSanction": ("LiftSanction", "sanction { id kind expiresAt liftedAt user { handle status } }"),
    "addComment": ("AddComment", "comment { id number depth version status body { source } parent { id } }"),
    "editComment": ("EditComment", "comment { id version editedAt body { source } }"),
    "deleteComment": ("DeleteComment", "comment { id version status body { source } author { handle } }"),
    "react": ("React", "target { id reactions { kind count viewerReacted } }"),
    "createThread": ("CreateThread", "thread { id slug title tags author { handle } club { slug } }"),
    "savePost": ("SavePost", "post { id slug status version title tags regions clubs { slug } visibility }"),
    "publishPost": ("PublishPost", "post { id status version publishedAt }"),
    "movePost": ("MovePost", "post { id status version publishedAt closesAt archive { archivedAt } }"),
    "pinPost": ("PinPost", "post { id pinned version }"),
    "addPostUpdate": (
        "AddPostUpdate",
        "post { id updates { id body { source } author { handle } notifiedParticipants publishedAt } }",
    ),
    "addOfficialResponse": ("AddOfficialResponse", "post { id responses { id from outcome body { source } } }"),
    "translatePost": ("TranslatePost", "post { id translations { locale title summary machine body { source } } }"),
    "createTopic": ("CreateTopic", "topic { id slug name }"),
    "saveAction": (
        "SaveAction",
        "action { id kind state version goal consentText bill { number } target { name } fields { key type choices }"
        " milestones { at label } }",
    ),
    "participate": (
        "Participate",
        "participation { id status receipt displayName publicNote region referral { source } user { handle } }"
        " receipt needsEmailConfirmation",
    ),
    "invalidateParticipations": ("InvalidateParticipations", "count"),
    "recordOutreach": ("RecordOutreach", "participation { id outreach { channel official { key } } }"),
    "reviewStories": ("ReviewStories", "count"),
    "readPersonalAnswers": ("ReadPersonalAnswers", "answers { participationId answers }"),
    "withdrawByReceipt": ("WithdrawByReceipt", "participation { id } receipt"),
    "withdrawParticipation": ("Id", "participation { id status receipt }"),
    "joinClub": ("JoinClub", "membership { id role status club { slug memberCount { value } } user { handle } }"),
    "decideMembership": ("DecideMembership", "membership { id status club { memberCount { value } } }"),
    "leaveClub": ("LeaveClub", "membership { id }"),
    "setClubRole": ("SetClubRole", "membership { id role title }"),
    "removeMember": ("RemoveMember", "membership { id }"),
    "blockUser": ("BlockUser", "user { id viewerBlocked }"),
    "unblockUser": ("BlockUser", "user { id viewerBlocked }"),
    "follow": ("Follow", "follow { id level reason mutedUntil target { ... on Node { id } } }"),
    "unfollow": ("Unfollow", "follow { id }"),
    "markNotificationsRead": ("MarkNotificationsRead", "unread { notifications }"),
    "registerPushDevice": ("RegisterPushDevice", "device { id service registeredAt }"),
    "removePushDevice": ("Id", "device { id }"),
    "saveEvent": ("SaveEvent", "event { id slug status version title startsAt capacity place { name } visibility }"),
    "cancelEvent": ("CancelEvent", "event { id status version }"),
    "setNotificationRules": ("SetNotificationRules", "settings { rules { kind channel frequency } quietFrom quietTo }"),
    "rsvp": ("Rsvp", "rsvp { id status guests publicAttendance event { counts { going guests maybe declined } } }"),
    "saveApp": ("SaveApp", "app { id name status scopes allowedOrigins persistedOnly club { slug } owner { handle } }"),
    "setAppStatus": ("SetAppStatus", "app { id status }"),
    "issueAppToken": ("IssueAppToken", "tokenOnce app { tokens { id name prefix scopes lastUsedAt expiresAt } }"),
    "revokeAppToken": ("RevokeAppToken", "app { id tokens { id } }"),
    "grantApp": ("GrantApp", "tokenOnce grant { app { id name } scopes since lastUsedAt }"),
    "revokeGrant": ("RevokeGrant", "grant { since }"),
    "issuePersonalToken": ("IssuePersonalToken", "tokenOnce token { id name prefix scopes lastUsedAt expiresAt }"),
    "revokePersonalToken": ("RevokePersonalToken", "token { id }"),
}
_ERRORS = """errors { __typename code message path
    ... on FieldError { min max } ... on AccessError { until neededScope } ... on ThrottleError { retryAfterMs }
    ... on ConflictError { currentVersion } ... on DuplicateError { existing { id } }
    ... on CapacityError { waitlistOpen waitlistLength } ... on FrozenError { since successor {
        __typename ... on Post { slug } ... on Thread { slug } ... on Club { slug } ... on Event { slug } } } }"""

# Issued by asking at all, not by what is asked.
_TABLES_ASIDE = {"tokens", "audit_log", "tortoise_migrations"}


def document(name: str) -> str:
    kind, shown = _SHOWN[name]
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {shown} replayed {_ERRORS} }} }}"


async def send(client: Client, name: str, handle: str | None = None, /, **given: Any) -> dict[str, Any]:
    """The whole answer to a mutation, with a fresh idempotency key unless one is given."""
    if name in _KEYED:
        given.setdefault("idempotencyKey", uuid.uuid4().hex)
    return await client.ask(document(name), handle, input=given)


async def write(client: Client, name: str, handle: str | None = None, /, **given: Any) -> dict[str, Any]:
    """The payload of a mutation that was not refused."""
    payload = await attempt(client, name, handle, **given)
    assert payload["errors"] == [], payload["errors"]
    return payload


async def attempt(client: Client, name: str, handle: str | None = None, /, **given: Any) -> dict[str, Any]:
    """The payload of a mutation, refused or not."""
    body = await send(client, name, handle, **given)
    assert "errors" not in body, body["errors"]
    return body["data"][name]


async def refused(client: Client, name: str, handle: str | None = None, /, **given: Any) -> dict[str, Any]:
    """The one typed error of a refused mutation, after which nothing was written and nobody told."""
    async with untouched(client, handle):
        payload = await attempt(client, name, handle, **given)
    (error,) = payload["errors"]
    thing = next(iter(payload.keys()))
    assert payload[thing] is None
    assert payload["replayed"] is False
    return {name: value for name, value in error.items() if value is not None}


async def a_thread(client: Client, handle: str = "ines", **given: Any) -> str:
    """The id of a fresh open thread."""
    data = await client.data("{ categories { id slug } }")
    category = next(one["id"] for one in data["categories"] if one["slug"] == "hub-talk")
    shown = {"categoryId": category, "title": "A fresh thread", "body": "To talk in.", **given}
    return (await write(client, "createThread", handle, **shown))["thread"]["id"]


async def a_comment(client: Client, handle: str, subject_id: str, **given: Any) -> str:
    """The id of a fresh comment."""
    shown = {"subjectId": subject_id, "body": "A fresh comment.", **given}
    return (await write(client, "addComment", handle, **shown))["comment"]["id"]


def row_id(global_id: str) -> int:
    return from_global(global_id)[1]


@asynccontextmanager
async def untouched(client: Client, handle: str | None = None, *, aside: str = "") -> AsyncIterator[None]:
    """Nothing is written, but for one table `aside`, and nobody is told inside; `handle` is signed in before."""
    await client.caller(handle)
    backend, woken = client.backend, []
    before = await everything(backend)
    publish, backend.broker.publish = backend.broker.publish, woken.append
    try:
        yield
    finally:
        backend.broker.publish = publish
    after = await everything(backend)
    assert {name for name in after if after[name] != before[name]} - {aside} == set()
    assert woken == []


async def everything(backend: Backend) -> dict[str, list[str]]:
    """All rows of all tables."""
    models = (backend.database.context.apps or {})["models"].values()
    names = {"log", *(model._meta.db_table for model in models)} - _TABLES_ASIDE
    rows = {name: await backend.database.fetch(f"select * from {name}") for name in names}
    return {name: sorted(map(str, found)) for name, found in rows.items()}


async def number(backend: Backend, sql: str, **parameters: Any) -> int:
    """The one number that a statement gives as `n`."""
    (row,) = await backend.database.fetch(sql, parameters)
    return row["n"]
