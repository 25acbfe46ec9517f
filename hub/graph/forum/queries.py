from datetime import datetime
from typing import Annotated, Any

import strawberry

from hub.forum.loaders import categories_in_order, thread_by_id, thread_by_slug, threads_by_sort
from hub.graph.connections import Connection
from hub.graph.fields import connection, listing, lookup
from hub.graph.forum.types import Category, SortArgument, Thread, ThreadSort
from hub.graph.ids import row_id
from hub.graph.lookups import by_id_or_slug, id_or_slug
from hub.graph.paging import DEFAULT, After, First, filters


@strawberry.input(description="Which threads; all that are given must hold.")
class ThreadFilter:
    category_id: strawberry.ID | None = strawberry.field(default=None, description="Only of this category.")
    club_id: strawberry.ID | None = strawberry.field(default=None, description="Only of this club.")
    author_id: strawberry.ID | None = strawberry.field(default=None, description="Only by this person.")
    archived: bool | None = strawberry.field(default=None, description="Only frozen ones, or only others.")
    updated_since: datetime | None = strawberry.field(default=None, description="Only with activity since then.")


Filter = Annotated[ThreadFilter | None, strawberry.argument(description="Which threads; null for all.")]


def _arguments(
    first: First = DEFAULT,
    after: After = None,
    filter: Filter = None,
    sort: SortArgument = ThreadSort.ACTIVE,
) -> Any: ...


def _pick(arguments: Any) -> Any:
    wanted: ThreadFilter = arguments.get("filter") or ThreadFilter()
    return threads_by_sort[arguments["sort"].name], filters(
        category_id=_row(wanted.category_id, "Category", "categoryId"),
        club_id=_row(wanted.club_id, "Club", "clubId"),
        author_id=_row(wanted.author_id, "User", "authorId"),
        archived=wanted.archived,
        updated_since=wanted.updated_since,
    )


def _row(text: str | None, noun: str, argument: str) -> int | None:
    return row_id(text, noun, argument) if text is not None else None


@strawberry.type
class ForumQueries:
    threads: Connection[Thread] = connection(
        _pick,
        None,
        arguments=_arguments,
        loaders=list(threads_by_sort.values()),
        description="Threads that the viewer may see.",
    )

    thread: Thread | None = lookup(
        by_id_or_slug("Thread", thread_by_id, thread_by_slug),
        [thread_by_id, thread_by_slug],
        arguments=id_or_slug,
        description="A thread by id or slug; null when it is absent or hidden.",
    )

    categories: list[Category] = listing(
        categories_in_order, None, description="All parts of the forum in order; at most 100.", cost=20, cache=60
    )
