"""The schema keeps its promises: everything is described, declared and priced, and nothing non-null can be hidden."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    is_introspection_type,
)

from hub.graph.declarations import Column, Connected, Either, Listing, One
from hub.graph.directives import ApiScope, Cost, Scope
from hub.graph.fields import declaration_of
from hub.graph.schema import build, core
from hub.graph.subjects.queries import BY_NOUN
from hub.partners.rules import SCOPES

STRAWBERRY = build()
SCHEMA = core(STRAWBERRY)
COMMITTED = Path(__file__).parents[2] / "schema.graphql"

# Edges that are never null, each with the reason why its target is always there and always visible.
NEVER_NULL = {
    "Action.post": "an action is visible only through its visible post, whose row the foreign key holds",
    "Participation.action": "a participation is visible only through its visible action, whose row the key holds",
    "AppGrant.app": "a grant is visible only with its app, whose row the foreign key holds",
    "PartnerApp.owner": "people are visible to all and never deleted",
    "Comment.subject": "a comment is visible only through its visible subject, whose row the foreign key holds",
    "Membership.club": "a membership is visible only through its visible club",
    "Membership.user": "people are visible to all and never deleted",
    "Sanction.user": "people are visible to all and never deleted",
    "Rsvp.event": "an answer is visible only through its visible event",
    "Thread.category": "categories are visible to all, and whatever makes a thread names one",
}
KEY_MAY_BE_NULL = {"Thread.category", "AppGrant.app"}

# Types that hold values made by code, not rows of a table: their fields are plain attributes.
MADE_BY_CODE = {
    *("AccessError", "CapacityError", "ConflictError", "DuplicateError", "FieldError", "FrozenError", "ThrottleError"),
    *("CaughtUp", "CommentAdded", "CommentChanged", "CommentGone", "Resync", "StateChanged", "TallyChanged"),
    *("Burst", "Heartbeat", "ReconnectAdvice"),
    *("NotificationArrived", "NotificationsRead", "MembershipMoved", "RsvpMoved", "AccessChanged"),
    *("AppPayload", "EventPayload", "GrantPayload", "PersonalTokenPayload"),
    *("CommentPayload", "MembershipPayload", "PostPayload", "ReactPayload", "RsvpPayload", "SessionPayload"),
    *("BlockPayload", "FollowPayload", "ReadPayload", "AccountPayload", "SanctionPayload", "Session"),
    *("CommentChangeConnection", "ServiceStatus", "SubjectCount", "ThreadPayload", "TopicPayload", "Viewer"),
    *("ActionPayload", "ActionTallied", "ParticipatePayload"),
    *("InvalidateParticipationsPayload", "ReadPersonalAnswersPayload", "PersonalAnswers"),
    "ReviewStoriesPayload",
    *("AppUsage", "DeprecatedUse", "NotificationRule", "NotificationSettings", "SettingsPayload"),
    "PushDevicePayload",
}
ORDINARY = {
    "Comment.ancestors",
    "PartnerApp.usage",
    "Notification.actors",
    "Post.text",
    *(f"{noun}.{name}" for noun in ("Thread", "Post", "Event") for name in ("changes", "commentsAround")),
    *(f"Query.{name}" for name in ("nodes", "commentCounts", "viewer", "sanctions", "status", "partnerApps")),
    *(f"Mutation.{name}" for name in ("refreshSession", "logout", "verifyEmail", "requestPasswordReset")),
    *(
        f"Mutation.{name}"
        for name in ("resetPassword", "changePassword", "changeEmail", "sanctionUser", "liftSanction")
    ),
    *(f"Mutation.{name}" for name in ("register", "login", "addComment", "editComment", "deleteComment", "react")),
    *(f"Mutation.{name}" for name in ("createThread", "savePost", "publishPost", "joinClub", "leaveClub", "rsvp")),
    *(f"Mutation.{name}" for name in ("saveEvent", "cancelEvent", "decideMembership")),
    *(f"Mutation.{name}" for name in ("movePost", "pinPost", "addPostUpdate", "addOfficialResponse")),
    *(f"Mutation.{name}" for name in ("translatePost", "createTopic")),
    *(f"Mutation.{name}" for name in ("saveAction", "participate", "withdrawParticipation", "withdrawByReceipt")),
    *(
        f"Mutation.{name}"
        for name in ("invalidateParticipations", "readPersonalAnswers", "reviewStories", "recordOutreach")
    ),
    *(f"Mutation.{name}" for name in ("saveApp", "setAppStatus", "issueAppToken", "revokeAppToken", "grantApp")),
    *(f"Mutation.{name}" for name in ("revokeGrant", "issuePersonalToken", "revokePersonalToken")),
    *(
        f"Mutation.{name}"
        for name in (
            "setClubRole",
            "removeMember",
            "blockUser",
            "unblockUser",
            "follow",
            "unfollow",
            "markNotificationsRead",
            "setNotificationRules",
            "registerPushDevice",
            "removePushDevice",
        )
    ),
    *("Subscription.commentStream", "Subscription.commentAdded", "Subscription.tallyStream"),
    *("Subscription.viewerStream", "Subscription.actionStream"),
}


def described() -> Iterator[tuple[str, Any]]:
    for directive in SCHEMA.directives:
        yield f"@{directive.name}", directive
        yield from ((f"@{directive.name}({name})", argument) for name, argument in directive.args.items())
    for graphql_type in SCHEMA.type_map.values():
        if is_introspection_type(graphql_type):
            continue
        yield graphql_type.name, graphql_type
        if isinstance(graphql_type, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in graphql_type.fields.items():
                yield f"{graphql_type.name}.{name}", field
                yield from ((f"{graphql_type.name}.{name}({arg})", value) for arg, value in field.args.items())
        elif isinstance(graphql_type, GraphQLInputObjectType):
            yield from ((f"{graphql_type.name}.{name}", field) for name, field in graphql_type.fields.items())
        elif isinstance(graphql_type, GraphQLEnumType):
            yield from ((f"{graphql_type.name}.{name}", value) for name, value in graphql_type.values.items())


def object_fields() -> Iterator[tuple[str, str, GraphQLField]]:
    for graphql_type in SCHEMA.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType) and not is_introspection_type(graphql_type):
            yield from ((graphql_type.name, name, field) for name, field in graphql_type.fields.items())


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def cost_of(field: GraphQLField) -> Cost | None:
    return next((d for d in field.extensions["strawberry-definition"].directives if isinstance(d, Cost)), None)


def scopes_of(field: GraphQLField) -> list[Scope]:
    return [d for d in field.extensions["strawberry-definition"].directives if isinstance(d, Scope)]


def test_everything_in_the_schema_is_described() -> None:
    assert [name for name, element in described() if not (element.description or "").strip()] == []


def test_no_description_only_repeats_the_name() -> None:
    repeated = [
        name
        for name, element in described()
        if letters(element.description) == letters(name.rstrip(")").replace("(", ".").rpartition(".")[2])
    ]
    assert repeated == []


def test_every_description_is_a_sentence() -> None:
    ours = [(name, element.description) for name, element in described() if not name.startswith("@")]
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    assert [name for name, text in ours if name not in builtin and not text.rstrip().endswith((".", "?"))] == []


def test_the_committed_schema_is_the_code() -> None:
    assert COMMITTED.read_text() == STRAWBERRY.as_str() + "\n", "run `hub schema`"


def test_an_edge_to_one_is_nullable_unless_its_target_is_always_there() -> None:
    sure = {
        f"{noun}.{name}"
        for noun, name, field in object_fields()
        if isinstance(declaration_of(field), One | Either) and isinstance(field.type, GraphQLNonNull)
    }
    assert sure == set(NEVER_NULL)


@pytest.mark.parametrize("edge", sorted(set(NEVER_NULL) - KEY_MAY_BE_NULL))
def test_the_key_of_an_edge_that_is_never_null_is_never_null(edge: str) -> None:
    noun, _, name = edge.partition(".")
    declaration = declaration_of(SCHEMA.type_map[noun].fields[name])
    columns = BY_NOUN[noun].table.columns
    assert isinstance(declaration, One | Either)
    assert [columns[column].null for column in declaration.columns] == [False] * len(declaration.columns)


def test_a_field_over_rows_is_declared_and_ordinary_resolvers_are_few() -> None:
    ordinary = {
        f"{noun}.{name}"
        for noun, name, field in object_fields()
        if noun not in MADE_BY_CODE and declaration_of(field) is None
    }
    assert ordinary == ORDINARY


def test_a_declaration_names_columns_that_its_table_has() -> None:
    unknown = [
        f"{noun}.{name}: {column}"
        for noun, name, field in object_fields()
        if noun in BY_NOUN and (declaration := declaration_of(field)) is not None
        for column in declaration.columns
        if column not in BY_NOUN[noun].table.columns
    ]
    assert unknown == []


def test_a_column_that_may_be_null_shows_as_nullable() -> None:
    """And one that may not, as non-null, so that clients need no needless checks."""
    wrong: list[str] = []
    for noun, name, field in object_fields():
        declaration = declaration_of(field)
        if noun not in BY_NOUN or not isinstance(declaration, Column):
            continue
        python_name = field.extensions["strawberry-definition"].python_name
        column = BY_NOUN[noun].table.columns[declaration.name or python_name]
        if column.null == isinstance(field.type, GraphQLNonNull):
            wrong.append(f"{noun}.{name}")
    assert wrong == []


def test_a_connection_is_priced_by_its_page_size() -> None:
    for noun, name, field in object_fields():
        if not isinstance(declaration_of(field), Connected):
            continue
        sizes = [argument for argument in ("first", "last") if argument in field.args]
        cost = cost_of(field)
        assert (name, cost and cost.multipliers) == (name, sizes), noun
        assert cost is not None
        assert cost.weight == 2
        assert "first" in sizes


def test_a_list_of_objects_has_a_price_or_a_fixed_maximum() -> None:
    fixed = {"Count", "RsvpCounts"}
    unpriced = [
        f"{noun}.{name}"
        for noun, name, field in object_fields()
        if "[" in str(field.type)
        and noun not in MADE_BY_CODE | fixed
        and not isinstance(declaration_of(field), Listing | Column)
        and cost_of(field) is None
        and name not in {"nodes", "edges"}
    ]
    bounded = {"NotificationSettings.rules", "NotificationSettings.followsBy"}  # by the kinds that there are
    assert {*unpriced} - bounded == {"Comment.ancestors"}  # at most `maxDepth`


def test_a_write_says_which_scope_a_token_needs() -> None:
    assert SCHEMA.mutation_type is not None
    unscoped = [name for name, field in SCHEMA.mutation_type.fields.items() if not scopes_of(field)]
    accounts = {"refreshSession", "logout", "verifyEmail", "requestPasswordReset", "resetPassword", "changePassword"}
    own_session_only = {
        "register",
        "login",
        *accounts,
        "changeEmail",
        "joinClub",
        "leaveClub",
        "blockUser",
        "unblockUser",
        "follow",
        "unfollow",
        "markNotificationsRead",
        "setNotificationRules",
        "registerPushDevice",
        "removePushDevice",
    }
    own_session_only |= {"grantApp", "revokeGrant", "issuePersonalToken", "revokePersonalToken"}
    assert set(unscoped) == own_session_only


def test_the_scopes_of_the_schema_are_those_of_the_room() -> None:
    assert [scope.name for scope in ApiScope] == list(SCOPES)
