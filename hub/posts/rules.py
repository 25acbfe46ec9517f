from hub.refusals import ConflictRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.tables import Row
from hub.users.rules import ensure_standing

_CLUBS, _REGIONS, _TAGS = 20, 60, 10
_SHORT = 60


def ensure_policy_team(viewer: Viewer) -> int:
    return ensure_standing(viewer, Standing.POLICY_TEAM, Standing.ADMIN)


def ensure_version(post: Row, expected: int | None) -> None:
    if expected is None:
        raise Refusal(ErrorCode.REQUIRED, "Say which version you changed.", "expectedVersion")
    if post["version"] != expected:
        raise ConflictRefusal("The post was changed meanwhile.", "expectedVersion", current_version=post["version"])


def ensure_lists(*, clubs: list[int], regions: list[str], tags: list[str]) -> None:
    for name, values, most in (("clubIds", clubs, _CLUBS), ("regions", regions, _REGIONS), ("tags", tags, _TAGS)):
        if len(values) > most:
            raise FieldRefusal(ErrorCode.TOO_LONG, f"At most {most}.", name, most=most)
    for name, words in (("regions", regions), ("tags", tags)):
        if any(not 0 < len(word) <= _SHORT or not word.isprintable() for word in words):
            raise FieldRefusal(ErrorCode.INVALID, f"Each has 1 to {_SHORT} characters.", name, least=1, most=_SHORT)


def ensure_club(visibility: str, club_ids: list[int]) -> int | None:
    """The club whose members alone see the post, which addresses that club and no other; None for other posts."""
    if visibility != "CLUB":
        return None
    if len(set(club_ids)) != 1:
        raise FieldRefusal(
            ErrorCode.INVALID, "What only a club may see addresses one club.", "clubIds", least=1, most=1
        )
    return club_ids[0]


def ensure_same_club(post: Row, club_ids: list[int]) -> None:
    if post["intended_visibility"] == "CLUB" and set(club_ids) != {post["club_id"]}:
        raise Refusal(ErrorCode.INVALID, "What only a club may see stays with that club.", "clubIds")
