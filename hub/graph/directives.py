"""What a field's declaration shows in the schema besides its type."""

from enum import Enum

import strawberry
from strawberry.schema_directive import Location


@strawberry.enum(description="What an app's or script's token may be used for. A person's own session has all.")
class ApiScope(Enum):
    COMMENTS_WRITE = strawberry.enum_value("COMMENTS_WRITE", description="Write, edit and remove comments, and react.")
    THREADS_WRITE = strawberry.enum_value("THREADS_WRITE", description="Begin threads.")
    POSTS_PUBLISH = strawberry.enum_value("POSTS_PUBLISH", description="Write and publish engagement posts.")
    CLUBS_MANAGE = strawberry.enum_value("CLUBS_MANAGE", description="Change roles in clubs and remove members.")
    ACTIONS_WRITE = strawberry.enum_value("ACTIONS_WRITE", description="Take part in actions, and withdraw.")
    ACTIONS_READ = strawberry.enum_value("ACTIONS_READ", description="For the policy team: list who takes part.")
    ACTIONS_READ_PERSONAL = strawberry.enum_value(
        "ACTIONS_READ_PERSONAL", description="Read what people answered to the forms of actions."
    )
    EXPORT = strawberry.enum_value("EXPORT", description="For the policy team: download who takes part.")
    EVENTS_WRITE = strawberry.enum_value("EVENTS_WRITE", description="Plan, change and cancel events.")
    RSVPS_WRITE = strawberry.enum_value("RSVPS_WRITE", description="Answer for events.")
    CLUBS_READ = strawberry.enum_value(
        "CLUBS_READ", description="As an app of a club: read what only that club's members see."
    )
    USER_READ_PRIVATE = strawberry.enum_value(
        "USER_READ_PRIVATE",
        description="Read what only the person sees: address, sessions, sanctions, blocks, tokens, granted apps.",
    )
    MODERATE = strawberry.enum_value("MODERATE", description="Act as moderator.")
    ADMIN = strawberry.enum_value("ADMIN", description="Run the hub: apps, the audit log, jobs.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Cost of the field: weight + the page size named by a multiplier x the cost of what is selected below.",
)
class Cost:
    weight: int = strawberry.directive_field(name="weight")
    multipliers: list[str] | None = strawberry.directive_field(name="multipliers", default=None)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="Scopes that a token needs for this field, all of them."
)
class Scope:
    requires: list[ApiScope] = strawberry.directive_field(name="requires")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="How many seconds a cache may keep an answer made of such fields.",
)
class CacheHint:
    max_age: int = strawberry.directive_field(name="maxAge")


# Strawberry has no place for what a directive's argument means.
ARGUMENTS = {
    "weight": "What the field itself costs.",
    "multipliers": "Arguments whose number, or whose list's length, multiplies what lies below; several are added up.",
    "requires": "The scopes.",
    "maxAge": "Seconds.",
}
