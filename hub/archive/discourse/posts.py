"""One post of a topic, and what becomes of all of them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hub.archive.discourse.cooked import read_cooked
from hub.archive.discourse.fields import ID_MOST, Misfit, Row, flag, line, moment, row_of, text, values_of, whole
from hub.archive.discourse.records import Author, ImportedPost
from hub.text.markdown import render

REGULAR, MODERATOR_ACTION, SMALL_ACTION, WHISPER = 1, 2, 3, 4
LIKE = 2
TRUST_MOST = 4
USERNAME_CHARS = 60
NAME_CHARS = 255


def read_posts(values: Sequence[Any], site: str | None) -> tuple[tuple[ImportedPost, ...], list[str]]:
    """The posts by number, the first of each number; and what is wrong with those that are left out."""
    found: dict[int, ImportedPost] = {}
    faults: list[str] = []
    for place, value in enumerate(values, 1):
        try:
            if post := _post(row_of(value, "it"), site):
                found.setdefault(post.number, post)
        except Misfit as misfit:
            faults.append(f"{_name_of(value, place)}: {misfit}")
    return tuple(_answering(found[number], found) for number in sorted(found)), faults


def _post(row: Row, site: str | None) -> ImportedPost | None:
    """None for what was never public: whispers among staff."""
    kind = whole(row, "post_type")
    if kind == WHISPER:
        return None
    if kind not in {REGULAR, MODERATOR_ACTION, SMALL_ACTION}:
        raise Misfit(f"“post_type” {kind} is not known")
    body = read_cooked(text(row, "cooked"), site)
    if kind == SMALL_ACTION and not body.source:
        body = render(_note_of(line(row, "action_code", "")))
    created_at, version = moment(row, "created_at"), whole(row, "version", 1, least=1)
    return ImportedPost(
        legacy_id=whole(row, "id", least=1, most=ID_MOST),
        number=whole(row, "post_number", least=1),
        reply_to=whole(row, "reply_to_post_number", 0),
        author=_author(row),
        created_at=created_at,
        updated_at=moment(row, "updated_at", created_at) if version > 1 else None,
        version=version,
        source=body.source,
        html=body.html,
        excerpt=body.excerpt,
        likes=_likes(row),
        by_staff=_is_staff(row),
        hidden=flag(row, "hidden"),
        deleted=row.get("deleted_at") is not None or flag(row, "user_deleted"),
    )


def _note_of(action: str) -> str:
    """Discourse keeps a code for “closed this topic” and shows words of its own; we keep the words."""
    words = {"closed.enabled": "Closed this topic.", "closed.disabled": "Opened this topic."}
    return (
        f"*{words.get(action) or re.sub('[^a-z]+', ' ', action.lower()).strip().capitalize() or 'Changed this topic.'}*"
    )


def _author(row: Row) -> Author | None:
    """Deleted people have no id; those below zero are the forum itself."""
    legacy_id = whole(row, "user_id", 0, least=-ID_MOST, most=ID_MOST)
    if legacy_id < 1:
        return None
    username = line(row, "username")[:USERNAME_CHARS]
    if not username:
        raise Misfit("“username” is empty")
    name = line(row, "name", "")[:NAME_CHARS] or None
    return Author(legacy_id, username, name, whole(row, "trust_level", 0, most=TRUST_MOST), _is_staff(row))


def _is_staff(row: Row) -> bool:
    return any([flag(row, "staff"), flag(row, "moderator"), flag(row, "admin")])


def _likes(row: Row) -> int:
    actions = [row_of(action, "an action") for action in values_of(row, "actions_summary")]
    return sum(whole(action, "count", 0) for action in actions if action.get("id") == LIKE)


def _answering(post: ImportedPost, found: dict[int, ImportedPost]) -> ImportedPost:
    number = post.reply_to
    return post if number in found and number < post.number else replace(post, reply_to=None)


def _name_of(value: Any, place: int) -> str:
    try:
        return f"post {whole(row_of(value, 'it'), 'post_number')}"
    except Misfit:
        return f"the post at place {place}"
