from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id, club_by_slug, clubs_by_name
from hub.graph.clubs.types import Club
from hub.graph.connections import Connection
from hub.graph.fields import connection, lookup
from hub.graph.lookups import by_id_or_slug, id_or_slug
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

    club: Club | None = lookup(
        by_id_or_slug("Club", club_by_id, club_by_slug),
        [club_by_id, club_by_slug],
        arguments=id_or_slug,
        description="A club by id or slug; null when it is absent or hidden.",
    )
