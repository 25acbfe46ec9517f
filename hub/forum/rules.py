from hub.refusals import ErrorCode, FieldRefusal

_TAGS, _TAG_LENGTH = 10, 40


def ensure_tags(tags: list[str]) -> list[str]:
    kept = list(dict.fromkeys(tag.strip().lower() for tag in tags))
    if len(kept) > _TAGS or any(not 0 < len(tag) <= _TAG_LENGTH or not tag.isprintable() for tag in kept):
        raise FieldRefusal(
            ErrorCode.INVALID, f"At most {_TAGS} tags of 1 to {_TAG_LENGTH} characters.", "tags", most=_TAGS
        )
    return kept
