"""Making a subject: the steps that thread, post and event share. Their rooms put them into chains of their own."""

from typing import Any

from hub.live import log
from hub.store.chain import Step

BEGIN = (
    Step(
        "taken",
        """insert into subjects (id, kind, author_id, club_id, category_id, visibility, frozen_at, freeze_reason,
               banner, successor_kind, successor_id, created_at, last_activity_at)
           values ({as_id id}, :subject_kind, {as_id author}, {as_id club}, {as_id category}, :visibility,
               {as_instant frozen_at}, {as_text freeze_reason}, {as_text banner}, {as_text successor_kind},
               {as_id successor}, coalesce({as_instant created_at}, {now}), coalesce({as_instant created_at}, {now}))
           returning id""",
    ),
    log.OPEN,
)


def beginning(
    *,
    id: int,
    kind: str,
    author_id: int | None,
    club_id: int | None = None,
    category_id: int | None = None,
    visibility: str = "PUBLIC",
    created_at: Any = None,
    frozen: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The parameters of `BEGIN`."""
    return {
        "id": id,
        "subject_kind": kind,
        "author": author_id,
        "club": club_id,
        "category": category_id,
        "visibility": visibility,
        "created_at": created_at,
        "epoch": log.new_epoch(),
        "frozen_at": None,
        "freeze_reason": None,
        "banner": None,
        "successor_kind": None,
        "successor": None,
        **(frozen or {}),
    }
