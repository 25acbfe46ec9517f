"""What an entry of an inbox says, in one table: for one that happened and for several, by one person and by more."""

_NOBODY = "Somebody"

# By kind and what it is about. `{who}` is who did it last, with the number of others; `{count}` how often it happened.
_TEXTS: dict[tuple[str, str], tuple[str, str]] = {
    ("REPLY", "COMMENT"): ("{who} replied to your comment.", "{who} wrote {count} replies to your comment."),
    ("REPLY", "THREAD"): ("{who} wrote in a thread that you follow.", "{who} wrote {count} comments in a thread."),
    ("REPLY", "POST"): ("{who} commented on a post that you follow.", "{who} wrote {count} comments on a post."),
    ("REPLY", "EVENT"): ("{who} commented on an event that you follow.", "{who} wrote {count} comments on an event."),
    ("POST_PUBLISHED", "POST"): ("{who} published a post.", "{who} published a post."),
    ("POST_UPDATE", "POST"): (
        "A post that concerns you has news.",
        "A post that concerns you has {count} pieces of news.",
    ),
    ("MENTION", "COMMENT"): ("{who} mentioned you in a comment.", "{who} mentioned you {count} times in a comment."),
}


def text_of(kind: str, target_kind: str, count: int, actor_count: int, actor_name: str | None) -> str:
    one, several = _TEXTS[kind, target_kind]
    return (one if count == 1 else several).format(who=_who(actor_name or _NOBODY, actor_count - 1), count=count)


def _who(name: str, others: int) -> str:
    if others <= 0:
        return name
    return f"{name} and {others} {'other' if others == 1 else 'others'}"
