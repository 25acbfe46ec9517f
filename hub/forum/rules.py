from hub.refusals import ErrorCode, FieldRefusal, FrozenRefusal
from hub.store.instants import now
from hub.store.tables import Row

_TAGS, _TAG_LENGTH = 10, 40


def ensure_category_open(category: Row) -> None:
    frozen_at = category["frozen_at"]
    if frozen_at is not None and frozen_at <= now():
        successor = category["successor_id"]
        raise FrozenRefusal(
            category["banner"] or "This part of the forum is frozen and can only be read.",
            "categoryId",
            since=frozen_at,
            successor=(category["successor_kind"], successor) if successor is not None else None,
        )


def ensure_tags(tags: list[str]) -> list[str]:
    kept = list(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(kept) > _TAGS or any(not 0 < len(tag) <= _TAG_LENGTH or not tag.isprintable() for tag in kept):
        raise FieldRefusal(
            ErrorCode.INVALID, f"At most {_TAGS} tags of 1 to {_TAG_LENGTH} characters.", "tags", most=_TAGS
        )
    return kept
