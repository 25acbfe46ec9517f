"""An action with its form, its shifts and its officials, for those who take part: callers who wait for the same read
share it.

A shared read begins after each of its callers came, and shows what all of the viewer's standing and clubs may see;
whom only a row of their own lets in reads alone.
"""

from dataclasses import dataclass
from functools import partial

from hub.actions.loaders import action_by_id, fields_of_action, officials_of_action, shifts_of_action
from hub.live.backend import Backend
from hub.store.audience import Viewer
from hub.store.loaders import Page
from hub.store.reader import Reader
from hub.store.tables import Row

_FIELDS, _SHIFTS, _OFFICIALS = 40, 100, 100


@dataclass(frozen=True)
class Asking:
    """Read only: others may hold the same rows."""

    action: Row
    form: list[Row]
    shifts: list[Row]
    officials: list[Row]


async def asking(backend: Backend, viewer: Viewer, action_id: int) -> Asking | None:
    """None when the action is hidden or absent."""
    most = backend.settings.participation_queue
    lanes = backend.lanes("actions", partial(_shared, backend), batch=most, queue=most)
    found = await lanes.put((action_id, viewer.shared()), None)
    return found if found is not None else await _read(backend, viewer, action_id)


async def _shared(backend: Backend, lane: tuple[int, Viewer], callers: list[None]) -> list[Asking | None]:
    action_id, viewer = lane
    return [await _read(backend, viewer, action_id)] * len(callers)


async def _read(backend: Backend, viewer: Viewer, action_id: int) -> Asking | None:
    reader = Reader(backend.database, viewer)
    action = await reader.one(action_by_id, action_id)
    if action is None:
        return None
    form = (await reader.many(fields_of_action, action_id, Page(_FIELDS))).rows if action["field_count"] else []
    shifts = (await reader.many(shifts_of_action, action_id, Page(_SHIFTS))).rows if action["shift_count"] else []
    officials = (
        (await reader.many(officials_of_action, action_id, Page(_OFFICIALS))).rows if action["official_count"] else []
    )
    return Asking(action, form, shifts, officials)
