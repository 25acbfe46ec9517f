"""Handles: their form, when two are one, and when two look alike."""

import re

from hub.refusals import DuplicateRefusal, ErrorCode, FieldRefusal

_SHORTEST, _LONGEST = 2, 30
# ASCII only: that alone keeps out nearly all look-alikes. What is left of them is in `_ALIKE`.
_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?", re.IGNORECASE)
_ALIKE = (("-", "_"), (".", "_"), ("0", "o"), ("1", "l"), ("i", "l"), ("rn", "m"), ("vv", "w"))


def ensure_handle(handle: str) -> str:
    if not _SHORTEST <= len(handle) <= _LONGEST or not _HANDLE.fullmatch(handle):
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"A handle has {_SHORTEST} to {_LONGEST} letters and digits, with . _ - between them.",
            "handle",
            least=_SHORTEST,
            most=_LONGEST,
        )
    return handle


def ensure_free_to_choose(handle: str) -> str:
    """Refuse what would pass for the house or its staff."""
    if skeleton(handle) in _RESERVED:
        raise handle_taken()
    return handle


def handle_taken() -> DuplicateRefusal:
    return DuplicateRefusal("This handle is taken, or looks like one that is: choose another one.", "handle")


def handle_key(handle: str) -> str:
    """Handles that differ only in case are one."""
    return handle.casefold()


def skeleton(handle: str) -> str:
    """Handles of one skeleton are easily taken for each other: Ines and lnes, moderator and rnoderator."""
    text = handle_key(handle)
    for one, other in _ALIKE:
        text = text.replace(one, other)
    return text


def skeleton_sql(column: str) -> str:
    """The same for the database; word for word that of its index."""
    for one, other in _ALIKE:
        column = f"replace({column}, '{one}', '{other}')"
    return column


_RESERVED = frozenset(
    skeleton(word)
    for word in (
        *("about", "abuse", "account", "accounts", "admin", "administrator", "api", "app", "apps", "archive", "auth"),
        *("billing", "bot", "club", "clubs", "comment", "comments", "contact", "event", "events", "everyone", "forum"),
        *("graphql", "help", "here", "hub", "info", "legal", "login", "logout", "mail", "me", "moderation"),
        *("moderator", "moderators", "mods", "news", "nobody", "null", "official", "owner", "policy", "policy-team"),
        *("post", "posts", "press", "privacy", "register", "root", "security", "service", "settings", "signup"),
        *("staff", "status", "support", "system", "team", "terms", "thread", "threads", "undefined", "user", "users"),
        *("verify", "webmaster", "www"),
    )
)
