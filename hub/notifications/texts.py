"""What an entry of an inbox says, in one table: for one that happened and for several, by one person and by more."""

_NOBODY = "Somebody"


def _one(text: str) -> tuple[str, str]:
    """However often."""
    return text, text


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
    ("OFFICIAL_RESPONSE", "POST"): (
        "A post that concerns you has an official response.",
        "A post that concerns you has {count} official responses.",
    ),
    ("ACTION_MILESTONE", "POST"): (
        "What a post that concerns you asks for has reached a milestone.",
        "What a post that concerns you asks for has reached {count} milestones.",
    ),
    ("SUCCESSOR_OPENED", "POST"): _one("A thread that you follow goes on in a new post."),
    ("REACTION", "COMMENT"): ("{who} reacted to your comment.", "{who} reacted to your comment {count} times."),
    ("REACTION", "THREAD"): ("{who} reacted to your thread.", "{who} reacted to your thread {count} times."),
    ("REACTION", "POST"): ("{who} reacted to your post.", "{who} reacted to your post {count} times."),
    ("EVENT_CHANGED", "EVENT"): _one("An event that you answered or follow was changed."),
    ("EVENT_CANCELLED", "EVENT"): _one("An event that you answered or follow was cancelled."),
    ("EVENT_REMINDER", "EVENT"): _one("An event that you answered begins within a day."),
    ("WAITLIST_PROMOTED", "EVENT"): _one("There is a seat for you at an event that you waited for."),
    ("MEMBERSHIP_APPROVED", "CLUB"): _one("You are a member of a club now."),
    ("MEMBERSHIP_REQUESTED", "CLUB"): ("{who} wants to join your club.", "{who} want to join your club."),
    ("THREAD_ARCHIVED", "THREAD"): _one("A thread that you follow was closed and stays readable."),
    ("THREAD_ARCHIVED", "CATEGORY"): _one("A part of the forum that you follow was closed and stays readable."),
    ("MODERATION_DECISION", "COMMENT"): _one("A comment of yours was removed."),
    ("MODERATION_DECISION", "POST"): _one("Staff read the story that you told below a post: see what became of it."),
    ("MODERATION_DECISION", "SANCTION"): _one("Staff decided about your account: read why."),
    ("MENTION", "COMMENT"): ("{who} mentioned you in a comment.", "{who} mentioned you {count} times in a comment."),
}


def text_of(kind: str, target_kind: str, count: int, actor_count: int, actor_name: str | None) -> str:
    one, several = _TEXTS[kind, target_kind]
    return (one if count == 1 else several).format(who=_who(actor_name or _NOBODY, actor_count - 1), count=count)


def _who(name: str, others: int) -> str:
    if others <= 0:
        return name
    return f"{name} and {others} {'other' if others == 1 else 'others'}"
