from datetime import timedelta

from hub.refusals import AccessRefusal, ConflictRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.tables import Row, fill
from hub.subjects.rules import visible_subjects


def visible_comments(standing: Standing) -> str:
    """Those of a visible subject; what waits for review is seen by its author and staff."""
    subject = fill(visible_subjects(standing), "cs")
    reachable = f"exists (select 1 from subjects cs where cs.id = {{t}}.subject_id and ({subject}))"
    if standing.staff:
        return reachable
    own = " or {t}.author_id = :viewer" if standing.signed_in else ""
    return f"({{t}}.status <> 'PENDING'{own}) and {reachable}"


def shows_body(standing: Standing) -> str:
    """What was removed stays in its tree as a mark without text or author; staff still read it."""
    return "true" if standing.staff else "{t}.status in ('PUBLISHED', 'PENDING')"


def ensure_may_answer(parent: Row | None, subject_id: int, deepest: int) -> None:
    if parent is None or parent["subject_id"] != subject_id:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such comment here to reply to.", "parentId")
    if parent["status"] not in {"PUBLISHED", "PENDING"}:
        raise Refusal(ErrorCode.CLOSED, "The comment that you reply to was removed.", "parentId")
    if parent["depth"] >= deepest:
        raise FieldRefusal(ErrorCode.TOO_LONG, f"Replies go {deepest} deep at most.", "parentId", most=deepest)


def ensure_own(viewer: Viewer, comment: Row) -> None:
    if comment["author_id"] != viewer.user_id:
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is somebody else's comment.", "id")


def ensure_present(comment: Row) -> None:
    if comment["status"] not in {"PUBLISHED", "PENDING"}:
        raise Refusal(ErrorCode.CLOSED, "This comment was removed.", "id")


def ensure_editable(comment: Row, window_seconds: int) -> None:
    if window_seconds and comment["created_at"] + timedelta(seconds=window_seconds) < now():
        raise Refusal(ErrorCode.EDIT_WINDOW_PASSED, "The time to edit this comment has passed.", "id")


def ensure_version(comment: Row, expected: int) -> None:
    if comment["version"] != expected:
        raise ConflictRefusal(
            "The comment was changed meanwhile.", "expectedVersion", current_version=comment["version"]
        )


def may_remove(viewer: Viewer, comment: Row) -> bool:
    return viewer.standing.staff or comment["author_id"] == viewer.user_id
