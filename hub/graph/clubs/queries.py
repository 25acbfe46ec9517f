from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id, club_by_slug, clubs_by_name
from hub.graph.clubs.types import Club
from hub.graph.connections import Connection
from hub.graph.context import Info
from hub.graph.fields import connection
from hub.graph.lookups import Id, Slug, look_up
from hub.graph.paging import DEFAULT, After, First, filters

Region = Annotated[str | None, strawberry.argument(description="Only clubs of this state or region, e.g. `TX`.")]


def _arguments(first: First = DEFAULT, after: After = None, region: Region = None) -> Any: ...


def _pick(arguments: Any) -> Any:
    return clubs_by_name, filters(region=arguments.get("region"))


@strawberry.type
class ClubQueries:
    clubs: Connection[Club] = connection(
        _pick, None, arguments=_arguments, loaders=[clubs_by_name], description="Clubs by name."
    )

    @strawberry.field(description="A club by id or slug; null when it is absent or hidden.")
    async def club(self, info: Info, id: Id = None, slug: Slug = None) -> Club | None:
        return await look_up(info, "Club", club_by_id, club_by_slug, id, slug)
