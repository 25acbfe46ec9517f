"""Interfaces that nouns share. A type that implements one inherits its declared fields."""

from typing import Annotated, Any

import strawberry

from hub.comments.loaders import reaction_tallies_of_target
from hub.graph.abilities import AbilityState, viewer_can
from hub.graph.fields import column, listing, one
from hub.graph.lazy import lazy
from hub.notifications.loaders import viewer_follow_of

Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
ReactionTally = Annotated["Any", lazy("hub.graph.comments.types", "ReactionTally")]


@strawberry.interface(description="Something with an id that `node` finds again.")
class Node:
    id: strawberry.ID = column(description="Opaque id, unique over all nouns.")


@strawberry.interface(description="Something of which one may ask what the viewer may do with it.")
class Permissioned:
    viewer_can: list[AbilityState] = viewer_can({})


@strawberry.interface(description="Something that people react to.")
class Reactable:
    id: strawberry.ID = column(description="Opaque id, unique over all nouns.")
    reactions: list[ReactionTally] = listing(
        reaction_tallies_of_target,
        "id",
        description="How many gave which reaction, by kind; kinds that nobody gave are left out.",
    )


def viewer_follow(kind: str) -> Any:
    return one(
        viewer_follow_of(kind), "id", description="What the viewer wants to hear of it; null while they do not follow."
    )


@strawberry.interface(description="Something that people follow.")
class Followable:
    id: strawberry.ID = column(description="Opaque id, unique over all nouns.")
    viewer_follow: Follow | None = column(
        description="What the viewer wants to hear of it; null while they do not follow."
    )
