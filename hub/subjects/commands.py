"""Making a subject: the steps that thread, post and event share. Their rooms put them into chains of their own."""

from datetime import datetime
from typing import Any

from hub.live import log
from hub.store.chain import Step


def begin(where: str = "true") -> tuple[Step, ...]:
    """The steps that make the subject and its stream; `where` asserts what the rules judged."""
    insert = f"""insert into subjects (id, kind, author_id, club_id, category_id, visibility, created_at,
            last_activity_at, closes_at)
        select {{as_id id}}, {{as_text subject_kind}}, {{as_id author}}, {{as_id club}}, {{as_id category}},
            {{as_text visibility}}, {{now}}, {{now}}, {{as_instant ends}}
        where {where}
        returning id"""
    return Step("taken", insert), log.OPEN


def beginning(
    *,
    id: int,
    kind: str,
    author_id: int | None,
    club_id: int | None = None,
    category_id: int | None = None,
    visibility: str = "PUBLIC",
    closes_at: datetime | None = None,
) -> dict[str, Any]:
    """The parameters of `begin`."""
    return {
        "id": id,
        "subject_kind": kind,
        "author": author_id,
        "club": club_id,
        "category": category_id,
        "visibility": visibility,
        "ends": closes_at,
        "epoch": log.new_epoch(),
    }
