"""What the viewer may do with a thing, and if not, why not and until when."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.graph.declarations import Rule
from hub.graph.fields import column, judged
from hub.graph.lazy import lazy

ErrorCode = Annotated["Any", lazy("hub.graph.errors", "ErrorCode")]


@strawberry.enum(description="What one may do with a thing.")
class Ability(Enum):
    VIEW = strawberry.enum_value("VIEW", description="See it.")
    EDIT = strawberry.enum_value("EDIT", description="Change it: a post, an action, an event, one's own comment.")
    DELETE = strawberry.enum_value("DELETE", description="Take back one's own comment, or remove another's.")
    COMMENT = strawberry.enum_value("COMMENT", description="Comment on it, reply to it.")
    REACT = strawberry.enum_value("REACT", description="React to it.")
    PUBLISH = strawberry.enum_value("PUBLISH", description="Publish a post.")
    PARTICIPATE = strawberry.enum_value("PARTICIPATE", description="Take part in an action.")
    SEE_PARTICIPANTS = strawberry.enum_value("SEE_PARTICIPANTS", description="List all who take part in an action.")
    RSVP = strawberry.enum_value("RSVP", description="Answer for an event.")
    JOIN = strawberry.enum_value("JOIN", description="Become a member of a club.")
    MANAGE_MEMBERS = strawberry.enum_value("MANAGE_MEMBERS", description="Change roles in a club, remove members.")
    BLOCK = strawberry.enum_value("BLOCK", description="Block a person.")


Abilities = Annotated[
    list[Ability], strawberry.argument(description="What to judge; each is answered once, in the order asked.")
]


@strawberry.type(description="Whether the viewer may do one thing.")
class AbilityState:
    ability: Ability = column("ability", description="What was asked.")
    allowed: bool = column(description="Whether the viewer may; the mutation judges by the same rule.")
    reason: ErrorCode | None = column(
        description="Why not, as the mutation would say; null if allowed. INVALID where no such thing can be done."
    )
    retry_at: datetime | None = column(description="From when on it may be allowed; null if allowed or not known.")


def _arguments(abilities: Abilities) -> Any: ...


def viewer_can(rules: Mapping[Ability, Rule], *columns: str) -> Any:
    """`columns` are those that the rules read. Whoever holds the thing may view it."""
    named = {ability.name: rule for ability, rule in {Ability.VIEW: _may_view, **rules}.items()}
    return judged(
        named,
        *columns,
        arguments=_arguments,
        cost=1,
        description="What the viewer may do with it as things stand now.",
    )


def _may_view(_viewer: Any, _row: Any, _settings: Any) -> None:
    """Hidden things are never held."""
