from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.actions.loaders import posts_with_open_action
from hub.graph.connections import Connection
from hub.graph.fields import connection, listing, lookup
from hub.graph.ids import row_id
from hub.graph.lookups import by_id_or_slug, id_or_slug
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.posts.parts import Topic
from hub.graph.posts.types import Post, PostKind
from hub.posts.loaders import post_by_id, post_by_slug, posts_at_home, posts_listed, topics_by_name


@strawberry.input(description="Which posts; all that are given must hold.")
class PostFilter:
    kinds: list[PostKind] | None = strawberry.field(default=None, description="Only of these kinds.")
    topic_id: strawberry.ID | None = strawberry.field(default=None, description="Only those about this topic.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="Only those that address this club.")
    region: str | None = strawberry.field(default=None, description="Only those about this region, e.g. `TX`.")
    tags: list[str] | None = strawberry.field(default=None, description="Only those that have all of these tags.")
    open_actions_only: bool | None = strawberry.field(
        default=None, description="True: only those with an action that people may take part in now."
    )
    published_since: datetime | None = strawberry.field(default=None, description="Only those published since then.")


Region = Annotated[
    str | None,
    strawberry.argument(
        description="Only posts about this region, e.g. `TX`, or about none in particular; null for all."
    ),
]
Filter = Annotated[PostFilter | None, strawberry.argument(description="Which posts; null for all.")]


def _arguments(first: First = DEFAULT, after: After = None, filter: Filter = None) -> Any: ...


def _pick(arguments: Any) -> Any:
    wanted: PostFilter = arguments.get("filter") or PostFilter()
    loader = posts_with_open_action if wanted.open_actions_only else posts_listed
    return loader, filters(
        kinds=[kind.name for kind in wanted.kinds] if wanted.kinds is not None else None,
        topic_id=row_id(wanted.topic_id, "Topic", "topicId") if wanted.topic_id is not None else None,
        club_id=row_id(wanted.club_id, "Club", "clubId") if wanted.club_id is not None else None,
        region=wanted.region,
        tags=wanted.tags,
        published_since=wanted.published_since,
    )


def _home_arguments(first: First = DEFAULT, after: After = None, region: Region = None) -> Any: ...


def _at_home(arguments: Any) -> Any:
    return posts_at_home, filters(region=arguments.get("region"))


@strawberry.type
class PostQueries:
    home_feed: Connection[Post] = connection(
        _at_home,
        None,
        arguments=_home_arguments,
        loaders=[posts_at_home],
        description="What the viewer finds first: published posts, pinned ones before the others, then newest first. Of"
        " those that address clubs only those of the viewer's clubs, if the viewer belongs to any; announcements until"
        " they end.",
    )

    topics: list[Topic] = listing(
        topics_by_name,
        None,
        description="What posts are about, by name; at most 100 (`HUB_TOPICS`).",
        cost=20,
        cache=60,
    )

    posts: Connection[Post] = connection(
        _pick,
        None,
        arguments=_arguments,
        loaders=[posts_listed, posts_with_open_action],
        description="Published posts, newest first.",
    )

    post: Post | None = lookup(
        by_id_or_slug("Post", post_by_id, post_by_slug),
        [post_by_id, post_by_slug],
        arguments=id_or_slug,
        description="A post by id or slug; null when it is absent or hidden.",
    )
