from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer

_TAGS, _TAG_LENGTH = 10, 40


def ensure_club_of(viewer: Viewer, club_id: int | None) -> None:
    """A thread of a club is begun by its members; another's club looks like none."""
    if club_id is not None and club_id not in viewer.clubs:
        raise Refusal(
            ErrorCode.NOT_FOUND, "There is no such club among yours: choose one that you belong to, or none.", "clubId"
        )


def ensure_audience(visibility: str, club_id: int | None) -> None:
    if visibility == "CLUB" and club_id is None:
        raise Refusal(ErrorCode.REQUIRED, "Say which club's members may see it: give `clubId`.", "clubId")


def ensure_tags(tags: list[str]) -> list[str]:
    kept = list(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(kept) > _TAGS or any(not 0 < len(tag) <= _TAG_LENGTH or not tag.isprintable() for tag in kept):
        raise FieldRefusal(
            ErrorCode.INVALID, f"Give at most {_TAGS} tags of 1 to {_TAG_LENGTH} characters.", "tags", most=_TAGS
        )
    return kept
