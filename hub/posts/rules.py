import re
from collections.abc import Mapping
from datetime import datetime

from hub.refusals import ConflictRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.tables import Row
from hub.text.plain import ensure_text
from hub.users.rules import ensure_standing

_AUTHORS, _CLUBS, _REGIONS, _TAGS = 10, 20, 60, 10
_SHORT = 60
_REGION, _SCRIPT = 2, 4
_LOCALE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)

UNSEEN = frozenset({"DRAFT", "IN_REVIEW", "SCHEDULED"})
"""Stages in which the team alone sees a post."""

MOVES: Mapping[str, frozenset[str]] = {
    "DRAFT": frozenset({"IN_REVIEW", "SCHEDULED", "PUBLISHED"}),
    "IN_REVIEW": frozenset({"DRAFT", "SCHEDULED", "PUBLISHED"}),
    "SCHEDULED": frozenset({"DRAFT", "IN_REVIEW", "PUBLISHED"}),
    "PUBLISHED": frozenset({"CLOSED", "ARCHIVED"}),
    "CLOSED": frozenset({"PUBLISHED", "ARCHIVED"}),
    "ARCHIVED": frozenset(),
}
"""Where a post may go from each stage. What was shown is never a draft again."""


def ensure_policy_team(viewer: Viewer) -> int:
    return ensure_standing(viewer, Standing.POLICY_TEAM, Standing.ADMIN)


def visible_revisions(standing: Standing) -> str:
    """Those that were shown, to whoever sees the post; drafts to the team and staff."""
    return "true" if standing.staff or standing is Standing.POLICY_TEAM else "{t}.shown"


def ensure_version(post: Row, expected: int | None) -> None:
    if expected is None:
        raise Refusal(
            ErrorCode.REQUIRED, "Say which version you changed: the `version` that you read.", "expectedVersion"
        )
    if post["version"] != expected:
        raise ConflictRefusal(
            "The post was changed meanwhile: read it again, and change what is there now.",
            "expectedVersion",
            current_version=post["version"],
        )


def ensure_move(post: Row, to: str) -> None:
    """Whether a post at its stage may go there; SCHEDULED wants a time."""
    if to not in MOVES[post["stage"]]:
        raise Refusal(
            ErrorCode.INVALID,
            f"A post that is {post['stage']} does not become {to}: move it to a stage that follows.",
            "to",
        )
    if to == "SCHEDULED" and post["publish_at"] is None:
        raise Refusal(ErrorCode.REQUIRED, "A scheduled post has a time: save `publishAt` first.", "to")


def ensure_published(post: Row, argument: str) -> None:
    """What the public has not seen yet has no updates, no answers, and is not pinned."""
    if post["stage"] in UNSEEN:
        raise Refusal(ErrorCode.INVALID, "This post is not published yet: publish it first.", argument)
    if post["stage"] == "ARCHIVED":
        raise Refusal(ErrorCode.ARCHIVED, "This post is archived and can only be read: write a new one.", argument)


def ensure_not_archived(post: Row) -> None:
    if post["stage"] == "ARCHIVED":
        raise Refusal(ErrorCode.ARCHIVED, "This post is archived and can only be read: write a new one.", "id")


def ensure_times(publish_at: datetime | None, closes_at: datetime | None, post: Row | None) -> None:
    """Times that are set anew lie ahead, the end after the beginning; a scheduled post keeps a time."""
    for name, at, known in (("publishAt", publish_at, "publish_at"), ("closesAt", closes_at, "closes_at")):
        if at is not None and at <= now() and (post is None or post[known] != at):
            raise Refusal(ErrorCode.INVALID, "This time has passed: give a later one.", name)
    if publish_at is not None and closes_at is not None and closes_at <= publish_at:
        raise Refusal(
            ErrorCode.INVALID, "It ends before it begins: give a later end, or an earlier beginning.", "closesAt"
        )
    if publish_at is None and post is not None and post["status"] == "SCHEDULED":
        raise Refusal(
            ErrorCode.REQUIRED, "A scheduled post has a time: give one, or make it a draft first.", "publishAt"
        )


def ensure_lists(*, clubs: list[int], authors: list[int], regions: list[str], tags: list[str]) -> None:
    lists = (
        ("clubIds", clubs, _CLUBS),
        ("authorIds", authors, _AUTHORS),
        ("regions", regions, _REGIONS),
        ("tags", tags, _TAGS),
    )
    for name, values, most in lists:
        if len(values) > most:
            raise FieldRefusal(ErrorCode.TOO_LONG, f"There may be {most} of these: leave some out.", name, most=most)
    for name, words in (("regions", regions), ("tags", tags)):
        if any(not 0 < len(word) <= _SHORT or not word.isprintable() for word in words):
            raise FieldRefusal(
                ErrorCode.INVALID,
                f"Each has 1 to {_SHORT} characters: shorten or leave out what does not fit.",
                name,
                least=1,
                most=_SHORT,
            )


def ensure_locale(locale: str) -> str:
    """A tag of BCP 47 as it is usually written: `de`, `pt-BR`, `zh-Hans`."""
    tag = ensure_text(locale, "locale", least=2, most=35)
    if not _LOCALE.fullmatch(tag):
        raise Refusal(ErrorCode.INVALID, "This is no language tag: write it like `de` or `pt-BR`.", "locale")
    language, *rest = tag.lower().split("-")
    return "-".join([language, *map(_subtag, rest)])


def _subtag(part: str) -> str:
    if len(part) == _REGION:
        return part.upper()
    return part.title() if len(part) == _SCRIPT and part.isalpha() else part


def ensure_club(visibility: str, club_ids: list[int]) -> int | None:
    """The club whose members alone see the post, which addresses that club and no other; None for other posts."""
    if visibility != "CLUB":
        return None
    if len(set(club_ids)) != 1:
        raise FieldRefusal(
            ErrorCode.INVALID,
            "What only a club may see addresses one club: give that club alone.",
            "clubIds",
            least=1,
            most=1,
        )
    return club_ids[0]


def ensure_same_club(post: Row, club_ids: list[int]) -> None:
    if post["intended_visibility"] == "CLUB" and set(club_ids) != {post["club_id"]}:
        raise Refusal(
            ErrorCode.INVALID,
            "What only a club may see stays with that club: write a new post for another one.",
            "clubIds",
        )
