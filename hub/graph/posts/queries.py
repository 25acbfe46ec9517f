from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.graph.connections import Connection
from hub.graph.fields import connection, lookup
from hub.graph.ids import row_id
from hub.graph.lookups import by_id_or_slug, id_or_slug
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.posts.types import Post, PostKind
from hub.posts.loaders import post_by_id, post_by_slug, posts_listed


@strawberry.input(description="Which posts; all that are given must hold.")
class PostFilter:
    kinds: list[PostKind] | None = strawberry.field(default=None, description="Only of these kinds.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="Only those that address this club.")
    published_since: datetime | None = strawberry.field(default=None, description="Only those published since then.")


Filter = Annotated[PostFilter | None, strawberry.argument(description="Which posts; null for all.")]


def _arguments(first: First = DEFAULT, after: After = None, filter: Filter = None) -> Any: ...


def _pick(arguments: Any) -> Any:
    wanted: PostFilter = arguments.get("filter") or PostFilter()
    return posts_listed, filters(
        kinds=[kind.name for kind in wanted.kinds] if wanted.kinds is not None else None,
        club_id=row_id(wanted.club_id, "Club", "clubId") if wanted.club_id is not None else None,
        published_since=wanted.published_since,
    )


@strawberry.type
class PostQueries:
    posts: Connection[Post] = connection(
        _pick, None, arguments=_arguments, loaders=[posts_listed], description="Published posts, newest first."
    )

    post: Post | None = lookup(
        by_id_or_slug("Post", post_by_id, post_by_slug),
        [post_by_id, post_by_slug],
        arguments=id_or_slug,
        description="A post by id or slug; null when it is absent or hidden.",
    )
