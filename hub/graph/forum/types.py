from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import strawberry

from hub.clubs.loaders import club_by_id
from hub.comments.rules import ensure_may_comment, ensure_may_react
from hub.forum.loaders import category_by_id, threads_of_category_by_sort
from hub.graph.abilities import Ability, AbilityState, viewer_can
from hub.graph.connections import Connection
from hub.graph.fields import column, computed, connection, global_id, one, part
from hub.graph.interfaces import Followable, Node, Permissioned, Reactable, viewer_follow
from hub.graph.lazy import lazy
from hub.graph.paging import DEFAULT, After, First, filters
from hub.graph.scalars import URL
from hub.graph.subjects.commentable import Commentable
from hub.graph.subjects.types import ArchiveInfo, Visibility
from hub.graph.values import Body, Count, LegacyOrigin, count
from hub.store.formulas import address
from hub.users.loaders import user_by_id

User = Annotated["Any", lazy("hub.graph.users.types", "User")]
Follow = Annotated["Any", lazy("hub.graph.notifications.types", "Follow")]
Club = Annotated["Any", lazy("hub.graph.clubs.types", "Club")]


@strawberry.enum(description="Order of threads.")
class ThreadSort(Enum):
    ACTIVE = strawberry.enum_value("ACTIVE", description="Latest comment first.")
    NEWEST = strawberry.enum_value("NEWEST", description="Newest first.")
    OLDEST = strawberry.enum_value("OLDEST", description="Oldest first.")
    MOST_COMMENTED = strawberry.enum_value("MOST_COMMENTED", description="Most comments first.")


SortArgument = Annotated[ThreadSort, strawberry.argument(description="Order of the list.")]
Archived = Annotated[bool | None, strawberry.argument(description="Only frozen ones, or only others; null for both.")]


def _thread_arguments(
    first: First = DEFAULT, after: After = None, sort: SortArgument = ThreadSort.ACTIVE, archived: Archived = None
) -> Any: ...


def _pick_threads(arguments: Any) -> Any:
    return threads_of_category_by_sort[arguments["sort"].name], filters(archived=arguments.get("archived"))


@strawberry.type(description="A part of the forum.")
class Category(Node, Followable):
    id: strawberry.ID = global_id("Category")
    slug: str = column(description="Unique name for addresses.")
    name: str = column(description="Name to show.")
    description: str | None = column(description="What belongs here.")
    parent: "Category | None" = one(category_by_id, "parent_id", description="The category above.")
    position: int = column(description="Place among all categories, rising.")
    archive: ArchiveInfo | None = part(
        when="frozen_at", description="That and why it is frozen: it takes no new threads."
    )
    thread_count: Count = count("thread_count", description="Threads in it that everybody may see.")
    threads: Connection["Thread"] = connection(
        _pick_threads,
        arguments=_thread_arguments,
        loaders=list(threads_of_category_by_sort.values()),
        description="Threads of the category.",
    )
    viewer_follow: Follow | None = viewer_follow("CATEGORY")


def _url(site_url: str, slug: str) -> str:
    return f"{site_url}/threads/{slug}"


@strawberry.type(description="A forum discussion.")
class Thread(Node, Commentable, Followable, Reactable, Permissioned):
    id: strawberry.ID = global_id("Thread")
    slug: str = column(description="Unique name for addresses.")
    url: URL = computed(
        _url, "slug", setting="site_url", formula=address("/threads/"), description="Address for people."
    )
    title: str = column(description="One line, at most 200 characters (`HUB_TITLE_LENGTH`).")
    body: Body = part(description="What it begins with.")
    author: User | None = one(user_by_id, "author_id", description="Who began it; null for lost accounts.")
    category: Category = one(category_by_id, "category_id", description="Where it belongs.")
    club: Club | None = one(club_by_id, "club_id", description="The club it belongs to, if any that the viewer sees.")
    visibility: Visibility = column("visibility", description="Who may see it.")
    tags: list[str] = column(description="At most 10 words, lower case.")
    created_at: datetime = column(description="When it was begun.")
    edited_at: datetime | None = column(description="When title or text were last changed; null if never.")
    last_activity_at: datetime = column(description="When the last comment was written, or it was begun.")
    pinned: bool = column(description="Whether its category shows it first.")
    archive: ArchiveInfo | None = part(when="frozen_at", description="That and why it is frozen, or will be.")
    legacy: LegacyOrigin | None = part(when="legacy_id", description="Where it was imported from.")
    view_count: Count = count("view_count", description="Views, those on an imported forum included.")
    version: int = column(description="Rises with each edit; hand it back as `expectedVersion`.")
    viewer_follow: Follow | None = viewer_follow("THREAD")
    viewer_can: list[AbilityState] = viewer_can(  # pyright: ignore[reportIncompatibleVariableOverride] - the interface's field with its own rules
        {
            Ability.COMMENT: lambda viewer, row, _: ensure_may_comment(viewer, row),
            Ability.REACT: lambda viewer, row, _: ensure_may_react(viewer, row),
        },
        "talk",
    )
