from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.graph.lazy import lazy
from hub.partners.loaders import apps_by_name
from hub.store.audience import Standing
from hub.store.loaders import Page
from hub.users.rules import ensure_standing

PartnerApp = Annotated["Any", lazy("hub.graph.partners.types", "PartnerApp")]


@strawberry.type
class PartnerQueries:
    @strawberry.field(
        description="All apps by name, at most `HUB_APPS`; for admins, FORBIDDEN for others.",
        directives=shown_directives(cost=100, scope=ApiScope.ADMIN),
    )
    async def partner_apps(self, info: Info) -> list[PartnerApp]:
        ensure_standing(info.context.viewer, Standing.ADMIN)
        return (await info.context.reader.many(apps_by_name, None, Page(info.context.settings.apps))).rows
