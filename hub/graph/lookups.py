from typing import Annotated, Any

import strawberry

from hub.graph.context import Info
from hub.graph.ids import from_global, row_id
from hub.refusals import ErrorCode, Refusal
from hub.store.loaders import Loader
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id

Id = Annotated[strawberry.ID | None, strawberry.argument(description="Its id; give this or the slug.")]
Slug = Annotated[str | None, strawberry.argument(description="Its unique name; give this or the id.")]


async def look_up(
    info: Info, noun: str, by_id: Loader, by_slug: Loader, global_id: str | None, slug: str | None
) -> Any:
    """The row by id or by slug, None when it is absent or hidden; refuse both and neither."""
    if (global_id is None) == (slug is None):
        raise Refusal(ErrorCode.INVALID, "Give either `id` or `slug`.", "id")
    if slug is not None:
        return await info.context.reader.one(by_slug, slug) if "\0" not in slug else None
    return await info.context.reader.one(by_id, row_id(global_id or "", noun, "id"))


async def find_subject(info: Info, text: str, argument: str) -> Row | None:
    """The thread, post or event of this id, None when it is absent, hidden or of another noun."""
    noun, key = from_global(text, "Thread", "Post", "Event", argument=argument)
    row = await info.context.reader.one(subject_by_id, key)
    return row if row is not None and row["kind"] == noun.upper() else None
