from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from hub.refusals import AccessRefusal, ConflictRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.tables import Row
from hub.subjects.rules import Place, ensure_open
from hub.users.rules import ensure_may_talk, ensure_signed_in

Comment: TypeAlias = Mapping[str, Any]
GONE = {"REMOVED", "DELETED_BY_AUTHOR"}
_PRESENT = {"PUBLISHED", "PENDING"}


def visible_comments(standing: Standing) -> str:
    """What waits for review is seen by its author and staff."""
    if standing.staff:
        return "true"
    return "{t}.status <> 'PENDING'" + (" or {t}.author_id = :viewer" if standing.signed_in else "")


def shows_body(standing: Standing) -> str:
    """What was removed stays in its tree as a mark without text or author; staff still read it."""
    return "true" if standing.staff else "{t}.status in ('PUBLISHED', 'PENDING')"


def ensure_may_comment(viewer: Viewer, place: Place) -> None:
    ensure_may_talk(viewer)
    ensure_open(place, "subjectId")


def ensure_may_reply(viewer: Viewer, place: Place, parent: Comment, deepest: int) -> None:
    ensure_may_comment(viewer, place)
    if parent["status"] not in _PRESENT:
        raise Refusal(
            ErrorCode.CLOSED,
            "The comment that you reply to was removed: reply to another one, or to the place itself.",
            "parentId",
        )
    if parent["depth"] >= deepest:
        raise FieldRefusal(
            ErrorCode.TOO_LONG,
            f"Replies go {deepest} deep at most: reply to a comment further up.",
            "parentId",
            most=deepest,
        )


def ensure_may_edit(viewer: Viewer, place: Place, comment: Comment, window_seconds: int) -> None:
    """One's own, where one may still write, within the window; 0 seconds mean for ever."""
    if comment["author_id"] != ensure_signed_in(viewer):
        raise AccessRefusal(ErrorCode.FORBIDDEN, "This is somebody else's comment: only they may edit it.", "id")
    ensure_may_talk(viewer)
    if comment["status"] not in _PRESENT:
        raise Refusal(ErrorCode.CLOSED, "This comment was removed: it cannot be changed any more.", "id")
    ensure_open(place, "id")
    if window_seconds and comment["created_at"] + timedelta(seconds=window_seconds) < now():
        raise Refusal(
            ErrorCode.EDIT_WINDOW_PASSED, "The time to edit this comment has passed: write a reply to it.", "id"
        )


def ensure_may_remove(viewer: Viewer, place: Place, comment: Comment) -> None:
    """One's own where one may still write; anybody's and anywhere for those who keep order there. To remove again
    what is gone changes nothing."""
    own = comment["author_id"] == ensure_signed_in(viewer)
    if may_keep_order(viewer, place):
        return
    if not own:
        raise AccessRefusal(
            ErrorCode.FORBIDDEN,
            "This is somebody else's comment: only they, or those who keep order here, may remove it.",
            "id",
        )
    if comment["status"] not in GONE:
        ensure_open(place, "id")


def ensure_may_react(viewer: Viewer, place: Place, comment: Comment | None = None) -> None:
    """To a comment, or to the place itself."""
    ensure_signed_in(viewer)
    if comment is not None and comment["status"] not in _PRESENT:
        raise Refusal(ErrorCode.CLOSED, "This comment was removed: it cannot be changed any more.", "id")
    ensure_open(place, "targetId")


def may_keep_order(viewer: Viewer, place: Place) -> bool:
    """Staff everywhere; a club's owners and moderators where it is the club's."""
    return viewer.standing.staff or viewer.holds(place["club_id"], "OWNER", "MODERATOR")


def ensure_version(comment: Row, expected: int) -> None:
    if comment["version"] != expected:
        raise ConflictRefusal(
            "The comment was changed meanwhile: read it again, and change what is there now.",
            "expectedVersion",
            current_version=comment["version"],
        )
