from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id
from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import column, global_id, listing, one, part, shown_directives
from hub.graph.interfaces import Node
from hub.graph.lazy import lazy
from hub.graph.partners.usage import AppLimits, AppUsage, usage_of
from hub.graph.scalars import URL
from hub.graph.windows import TimeWindow
from hub.partners.loaders import app_by_id, tokens_of_app
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]

UsedIn = Annotated[
    TimeWindow,
    strawberry.argument(description="The hours that began in this span; what is kept is `HUB_USAGE_DAYS` long."),
]


@strawberry.enum(description="Whether an app works.")
class AppStatus(Enum):
    ACTIVE = strawberry.enum_value("ACTIVE", description="It works.")
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="Its tokens do not work for now.")
    REVOKED = strawberry.enum_value("REVOKED", description="It has ended for good.")


@strawberry.type(description="A good token of an app, or of a person's script. Its text is shown when it is made only.")
class AppToken:
    id: strawberry.ID = global_id("AppToken")
    name: str | None = column(description="What its person calls it; null for an app's.")
    prefix: str = column(description="How its text begins, to know it again.")
    scopes: list[ApiScope] = column("scopes", description="What it may be used for.")
    created_at: datetime = column(description="When it was made.")
    last_used_at: datetime | None = column(description="When it was used last, to the minute; null before that.")
    expires_at: datetime = column(description="When it ends.")


@strawberry.type(
    description="A program of a partner. Whoever is signed in may know which there are, and an app itself."
)
class PartnerApp(Node):
    id: strawberry.ID = global_id("PartnerApp")
    name: str = column(description="Unique name to show.")
    homepage: URL | None = column(description="Where people read about it.")
    status: AppStatus = column("status", description="Whether it works.")
    owner: User = one(user_by_id, "owner_id", description="Who answers for it.")
    club: Club | None = one(
        club_by_id,
        "club_id",
        description="The club where alone it sees and writes anything; null for an app of the whole hub, and where the"
        " club is hidden.",
    )
    scopes: list[ApiScope] = column("scopes", description="The most that its tokens may be used for.")
    allowed_origins: list[URL] = column("allowed_origins", description="Browser origins that may use its tokens.")
    persisted_only: bool = column(description="Whether its tokens run registered documents only.")
    tokens: list[AppToken] = listing(
        tokens_of_app,
        "id",
        description="Its good tokens, oldest first, at most 100; those of grants left out. For those who manage it,"
        " empty for others.",
    )
    limits: AppLimits = part(description="How much it may ask for.")
    created_at: datetime = column(description="When it was made.")

    @strawberry.field(
        description="What it used, by whole hours, the last few seconds left out. For those who manage it and for the"
        " app itself, null for others.",
        directives=shown_directives(cost=100),
    )
    async def usage(self: Any, info: Info, window: UsedIn) -> AppUsage | None:
        return await usage_of(self, info.context, window)


@strawberry.type(description="That a member lets an app act for them. Only the member sees it.")
class AppGrant:
    app: PartnerApp = one(app_by_id, "app_id", description="The app.")
    scopes: list[ApiScope] = column("scopes", description="What it may do for the member.")
    since: datetime = column(description="Since when.")
    last_used_at: datetime | None = column(description="When it did so last, to the minute; null before that.")
