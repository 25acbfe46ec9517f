"""The one schema: what the nouns' folders offer, put together, with rows told apart by their noun."""

from functools import cache
from typing import Any, cast

import strawberry
from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type
from strawberry.schema.config import StrawberryConfig

from hub.graph.actions.mutations import ActionMutations
from hub.graph.actions.subscriptions import ActionSubscriptions
from hub.graph.actions.team import TeamMutations
from hub.graph.audit.queries import AuditQueries
from hub.graph.clubs.mutations import ClubMutations
from hub.graph.clubs.queries import ClubQueries
from hub.graph.comments.mutations import CommentMutations
from hub.graph.comments.queries import CommentQueries
from hub.graph.comments.subscriptions import CommentSubscriptions
from hub.graph.directives import ARGUMENTS
from hub.graph.errors import ERROR_TYPES
from hub.graph.events.mutations import EventMutations
from hub.graph.events.queries import EventQueries
from hub.graph.fields import bind
from hub.graph.forum.mutations import ForumMutations
from hub.graph.forum.queries import ForumQueries
from hub.graph.inputs import remember
from hub.graph.jobs.queries import JobQueries
from hub.graph.notifications.devices import DeviceMutations
from hub.graph.notifications.mutations import NotificationMutations
from hub.graph.notifications.subscriptions import NotificationSubscriptions
from hub.graph.partners.mutations import PartnerMutations
from hub.graph.partners.queries import PartnerQueries
from hub.graph.posts.mutations import PostMutations
from hub.graph.posts.queries import PostQueries
from hub.graph.scalars import SCALARS
from hub.graph.scopes import guard
from hub.graph.service.queries import ServiceQueries
from hub.graph.subjects.queries import BY_NOUN, SubjectQueries
from hub.graph.users.mutations import UserMutations
from hub.graph.users.queries import UserQueries
from hub.store.tables import Row


@strawberry.type(description="Reading.")
class Query(
    SubjectQueries,
    UserQueries,
    ForumQueries,
    PostQueries,
    CommentQueries,
    ClubQueries,
    EventQueries,
    JobQueries,
    PartnerQueries,
    AuditQueries,
    ServiceQueries,
):
    pass


@strawberry.type(description="Writing. Expected refusals come typed in each payload's `errors`.")
class Mutation(
    UserMutations,
    CommentMutations,
    ForumMutations,
    PostMutations,
    ActionMutations,
    TeamMutations,
    ClubMutations,
    EventMutations,
    NotificationMutations,
    DeviceMutations,
    PartnerMutations,
):
    pass


@strawberry.type(description="What happens from now on, and what was missed.")
class Subscription(CommentSubscriptions, ActionSubscriptions, NotificationSubscriptions):
    pass


@cache
def build() -> strawberry.Schema:
    """The same for all hubs of a process: nothing changes it once it is built."""
    schema = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=ERROR_TYPES,
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    remember(schema, core(schema))
    bind(core(schema))
    guard(core(schema))
    _tell_rows_apart(core(schema))
    _describe_arguments(core(schema))
    return schema


def core(schema: strawberry.Schema) -> GraphQLSchema:
    return schema._schema  # pyright: ignore[reportPrivateUsage] - Strawberry has no public way


def _describe_arguments(schema: GraphQLSchema) -> None:
    """A mutation's `input` is what its type says."""
    for field in schema.mutation_type.fields.values() if schema.mutation_type else ():
        for argument in field.args.values():
            argument.description = cast("GraphQLNamedType", get_named_type(argument.type)).description
    for directive in schema.directives:
        for name, argument in directive.args.items():
            argument.description = argument.description or ARGUMENTS[name]


def _tell_rows_apart(schema: GraphQLSchema) -> None:
    """Strawberry asks `isinstance`; our rows are plain records that know their noun."""
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType) and graphql_type.name in BY_NOUN:
            graphql_type.is_type_of = _is_noun(graphql_type.name)


def _is_noun(noun: str) -> Any:
    def is_type_of(value: Any, _info: Any) -> bool:
        return isinstance(value, Row) and value.noun == noun

    return is_type_of
