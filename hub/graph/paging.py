"""Page arguments, in one place: defaults, limits and refusals, for execution as for plans."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import strawberry

from hub.refusals import ErrorCode, FieldRefusal
from hub.store.loaders import Loader, Page

Pick = Callable[[Mapping[str, Any]], tuple[Loader, Mapping[str, Any]]]
"""Loader and filter arguments for the arguments of a field."""

First = Annotated[
    int | None, strawberry.argument(description="How many, 1 to 100 (`HUB_PAGE_SIZE`); null takes the default.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor of the same list.")]
Last = Annotated[int | None, strawberry.argument(description="The last ones, 1 to 100; not together with `first`.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor of the same list.")]

DEFAULT = 20


def page_arguments(first: First = DEFAULT, after: After = None) -> Any:
    """The arguments of a plain connection."""


def to_page(loader: Loader, arguments: Mapping[str, Any], most: int) -> Page:
    """The page that the arguments ask for; refuse sizes beyond the limit and cursors of other lists."""
    first, last = arguments.get("first"), arguments.get("last")
    after, before = arguments.get("after"), arguments.get("before")
    if last is not None and first is not None:
        raise FieldRefusal(ErrorCode.INVALID, "Give either `first` or `last`.", "last")
    name, size = ("last", last) if last is not None else ("first", DEFAULT if first is None else first)
    if not 1 <= size <= most:
        raise FieldRefusal(ErrorCode.INVALID, f"`{name}` is 1 to {most}.", name, least=1, most=most)
    return Page(
        size,
        after=loader.position(after, "after") if after is not None else None,
        before=loader.position(before, "before") if before is not None else None,
        backward=last is not None,
    )


def filters(**given: Any) -> dict[str, Any]:
    """Only the filters that were given."""
    return {name: value for name, value in given.items() if value is not None and value is not strawberry.UNSET}
