"""For whom a subject's streams are executed."""

from dataclasses import replace

from hub.graph.context import Context
from hub.store.audience import Viewer
from hub.store.tables import Row
from hub.subjects.loaders import subject_by_id


async def audience_of(context: Context, subject_id: int) -> tuple[Viewer, Row | None]:
    """Everybody of the viewer's standing, in its club if it is a club's; the viewer alone where only that lets it be
    seen. And the subject's row, None when it is hidden."""
    viewer, shared = context.viewer, context.viewer.shared()
    subject = await subject_by_id.row(context.backend.database, shared, subject_id)
    if subject is not None:
        return replace(shared, clubs=shared.clubs & {subject["club_id"]}), subject
    if viewer.user_id is None:
        return shared, None
    return viewer, await context.reader.one(subject_by_id, subject_id)
