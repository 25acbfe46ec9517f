"""Relay connections over a page of rows."""

from typing import Any, Generic, TypeVar

import strawberry

from hub.graph.fields import computed, part
from hub.graph.values import Count, counted

T = TypeVar("T")


def _edges(rows: Any, loader: Any) -> list[dict[str, Any]]:
    return [{"cursor": loader.cursor(row), "node": row} for row in rows.rows]


def _edge_cursor(cursor: str) -> str:
    return cursor


def _end(rows: Any, loader: Any, at: int) -> str | None:
    return loader.cursor(rows.rows[at]) if rows.rows else None


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = computed(lambda rows: rows.has_next, "rows", description="Whether more lie after this page.")
    has_previous_page: bool = computed(
        lambda rows: rows.has_previous, "rows", description="Whether more lie before this page."
    )
    start_cursor: str | None = computed(
        lambda rows, loader: _end(rows, loader, 0), "rows", "loader", description="Cursor of the first; null if empty."
    )
    end_cursor: str | None = computed(
        lambda rows, loader: _end(rows, loader, -1), "rows", "loader", description="Cursor of the last; null if empty."
    )


@strawberry.type(description="One entry of a list and its cursor.")
class Edge(Generic[T]):
    cursor: str = computed(_edge_cursor, "cursor", description="Position in the list, for `after` and `before`.")
    node: T = computed(lambda node: node, "node", description="The entry.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = computed(_edges, "rows", "loader", description="The entries with their cursors, in order.")
    nodes: list[T] = computed(lambda rows: rows.rows, "rows", description="The entries, in order.")
    page_info: PageInfo = part(description="Where the page lies in the list.")
    total_count: Count | None = computed(
        lambda total: counted(total) if total is not None else None,
        "total",
        description="How many the whole list has; null where nobody keeps count, and for filtered lists.",
    )
