"""Subjects and comment trees with times and numbers of their own, written in bulk inside one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.comments.tables import comments, reaction_tallies
from hub.live.log import new_epoch
from hub.live.tables import streams
from hub.store.bulk import insert_rows
from hub.store.database import Transaction
from hub.store.ids import new_id
from hub.subjects.tables import subjects
from hub.text.markdown import Text

_LIKE = "like"


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """That a subject can only be read from `at` on, and where talk goes on: a (kind, id) pair."""

    at: datetime
    reason: str
    banner: str | None = None
    successor: tuple[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class PlantedComment:
    """`parent` is the number of the comment that it replies to; a parent stands before its replies."""

    number: int
    parent: int | None
    author_id: int | None
    text: Text
    created_at: datetime
    edited_at: datetime | None = None
    likes: int = 0
    status: str = "PUBLISHED"
    by_staff: bool = False
    legacy: dict[str, Any] = field(default_factory=dict[str, Any])
    id: int = field(default_factory=new_id)


@dataclass(frozen=True, kw_only=True)
class PlantedSubject:
    """The subject's own row; thread, post and event rows share its `id`."""

    kind: str
    author_id: int | None
    created_at: datetime
    comments: Sequence[PlantedComment]
    club_id: int | None = None
    category_id: int | None = None
    visibility: str = "PUBLIC"
    likes: int = 0
    freeze: Freeze | None = None
    id: int = field(default_factory=new_id)


async def plant(transaction: Transaction, planted: Sequence[PlantedSubject]) -> None:
    """Write subjects, their streams, comments and likes. Rows of their own kind are the caller's."""
    await insert_rows(transaction, subjects, [_subject_row(subject) for subject in planted])
    await insert_rows(transaction, streams, [{"id": subject.id, "epoch": new_epoch()} for subject in planted])
    await insert_rows(transaction, comments, [row for subject in planted for row in _comment_rows(subject)])
    likes = [(subject.id, subject.likes) for subject in planted]
    likes += [(comment.id, comment.likes) for subject in planted for comment in subject.comments]
    tallies = [{"id": new_id(), "target_id": target, "kind": _LIKE, "count": n} for target, n in likes if n > 0]
    await insert_rows(transaction, reaction_tallies, tallies)


def _subject_row(subject: PlantedSubject) -> dict[str, Any]:
    freeze = subject.freeze
    kind, successor = freeze.successor if freeze and freeze.successor else (None, None)
    return {
        "id": subject.id,
        "kind": subject.kind,
        "author_id": subject.author_id,
        "club_id": subject.club_id,
        "category_id": subject.category_id,
        "visibility": subject.visibility,
        "frozen_at": freeze.at if freeze else None,
        "freeze_reason": freeze.reason if freeze else None,
        "banner": freeze.banner if freeze else None,
        "successor_kind": kind,
        "successor_id": successor,
        "comment_count": sum(comment.status == "PUBLISHED" for comment in subject.comments),
        "last_number": max((comment.number for comment in subject.comments), default=0),
        "created_at": subject.created_at,
        "last_activity_at": max([subject.created_at, *(comment.created_at for comment in subject.comments)]),
    }


def _comment_rows(subject: PlantedSubject) -> list[dict[str, Any]]:
    replies = Counter(comment.parent for comment in subject.comments)
    rows: dict[int, dict[str, Any]] = {}
    for comment in subject.comments:
        above = rows[comment.parent] if comment.parent is not None else None
        number = f"{comment.number:010d}"
        rows[comment.number] = {
            "id": comment.id,
            "subject_id": subject.id,
            "subject_kind": subject.kind,
            "number": comment.number,
            "parent_id": above["id"] if above else None,
            "root_id": (above["root_id"] or above["id"]) if above else None,
            "path": f"{above['path']}.{number}" if above else number,
            "depth": above["depth"] + 1 if above else 0,
            "author_id": comment.author_id,
            "body_source": comment.text.source,
            "body_html": comment.text.html,
            "body_excerpt": comment.text.excerpt,
            "status": comment.status,
            "by_staff": comment.by_staff,
            "reply_count": replies[comment.number],
            "created_at": comment.created_at,
            "edited_at": comment.edited_at,
            "legacy_system": comment.legacy.get("legacy_system"),
            "legacy_id": comment.legacy.get("legacy_id"),
            "legacy_url": comment.legacy.get("legacy_url"),
            "imported_at": comment.legacy.get("imported_at"),
        }
    return list(rows.values())
