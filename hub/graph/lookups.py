from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.declarations import Find
from hub.graph.ids import from_global, row_id
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.loaders import Loader
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id

Id = Annotated[strawberry.ID | None, strawberry.argument(description="Its id; give this or the slug.")]
Slug = Annotated[str | None, strawberry.argument(description="Its unique name; give this or the id.")]


def id_or_slug(id: Id = None, slug: Slug = None) -> Any:
    """The arguments of a lookup by either."""


def by_id_or_slug(noun: str, by_id: Loader, by_slug: Loader) -> Find:
    """Loader and key for the arguments; refuse both and neither."""

    def find(arguments: Mapping[str, Any]) -> tuple[Loader, Any]:
        global_id, slug = arguments.get("id"), arguments.get("slug")
        if (global_id is None) == (slug is None):
            raise Refusal(ErrorCode.INVALID, "Give either `id` or `slug`.", "id")
        return (by_slug, slug) if slug is not None else (by_id, row_id(global_id or "", noun, "id"))

    return find


async def find_subject(info: Info, text: str, argument: str) -> Row | None:
    """The thread, post or event of this id, None when it is absent, hidden or of another noun."""
    noun, key = from_global(text, "Thread", "Post", "Event", argument=argument)
    row = await info.context.reader.one(subject_by_id, key)
    return row if row is not None and row["kind"] == noun.upper() else None


def ensure_short(info: Info, ids: list[strawberry.ID], argument: str) -> None:
    most = info.context.settings.ids_limit
    if len(ids) > most:
        raise FieldRefusal(
            ErrorCode.TOO_LONG, f"At most {most} ids at once: ask for the rest in another request.", argument, most=most
        )
