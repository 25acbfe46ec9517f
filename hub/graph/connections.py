"""Relay connections over a page of rows."""

from typing import Any, Generic, TypeVar

import strawberry

from hub.graph.fields import column, of_page, part
from hub.graph.values import Count, counted
from hub.store.loaders import Loader, Rows
from hub.store.tables import Row

T = TypeVar("T")


def _edges(rows: Rows, loader: Loader) -> list[dict[str, Any]]:
    return [{"cursor": loader.cursor(row), "node": row} for row in rows.rows]


def _nodes(rows: Rows) -> list[Row]:
    return rows.rows


def _has_next(rows: Rows) -> bool:
    return rows.has_next


def _has_previous(rows: Rows) -> bool:
    return rows.has_previous


def _start(rows: Rows, loader: Loader) -> str | None:
    return loader.cursor(rows.rows[0]) if rows.rows else None


def _end(rows: Rows, loader: Loader) -> str | None:
    return loader.cursor(rows.rows[-1]) if rows.rows else None


def _total(total: int | None) -> Any:
    return counted(total) if total is not None else None


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = of_page("has_next", _has_next, "rows", description="Whether more lie after this page.")
    has_previous_page: bool = of_page(
        "has_previous", _has_previous, "rows", description="Whether more lie before this page."
    )
    start_cursor: str | None = of_page(
        "start", _start, "rows", "loader", description="Cursor of the first; null if empty."
    )
    end_cursor: str | None = of_page("end", _end, "rows", "loader", description="Cursor of the last; null if empty.")


@strawberry.type(description="One entry of a list and its cursor.")
class Edge(Generic[T]):
    cursor: str = column(description="Position in the list, for `after` and `before`.")
    node: T = column(description="The entry.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = of_page(
        "edges", _edges, "rows", "loader", description="The entries with their cursors, in order."
    )
    nodes: list[T] = of_page("nodes", _nodes, "rows", description="The entries, in order.")
    page_info: PageInfo = part(description="Where the page lies in the list.")
    total_count: Count | None = of_page(
        "total",
        _total,
        "total",
        description="How many the whole list has; null where nobody keeps count, and for filtered lists.",
    )
