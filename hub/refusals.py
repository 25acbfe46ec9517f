"""Expected answers of "no". A rule raises one; the graph shows it as a typed error, never as a crash."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum


class ErrorCode(StrEnum):
    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    TOO_LONG = "TOO_LONG"
    TOO_SHORT = "TOO_SHORT"
    NOT_FOUND = "NOT_FOUND"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    SCOPE_MISSING = "SCOPE_MISSING"
    ARCHIVED = "ARCHIVED"
    LOCKED = "LOCKED"
    CLOSED = "CLOSED"
    EDIT_WINDOW_PASSED = "EDIT_WINDOW_PASSED"
    RATE_LIMITED = "RATE_LIMITED"
    OVERLOADED = "OVERLOADED"
    DUPLICATE = "DUPLICATE"
    CONFLICT = "CONFLICT"
    CAPACITY_REACHED = "CAPACITY_REACHED"
    WAITLIST_CLOSED = "WAITLIST_CLOSED"
    SUSPENDED = "SUSPENDED"
    BANNED = "BANNED"
    QUERY_TOO_COSTLY = "QUERY_TOO_COSTLY"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    RESYNC = "RESYNC"


class Refusal(Exception):
    """A code, one sentence for people, and the path of the input that it is about."""

    def __init__(self, code: ErrorCode, message: str, *path: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class FieldRefusal(Refusal):
    """An input does not fit; `least` and `most` give its limits in the unit of the field."""

    def __init__(
        self, code: ErrorCode, message: str, *path: str, least: int | None = None, most: int | None = None
    ) -> None:
        super().__init__(code, message, *path)
        self.least = least
        self.most = most


class AccessRefusal(Refusal):
    """The viewer may not do this; `until` when that is known to end."""

    def __init__(self, code: ErrorCode, message: str, *path: str, until: datetime | None = None) -> None:
        super().__init__(code, message, *path)
        self.until = until


class ScopeRefusal(AccessRefusal):
    """The token lacks the scopes `needed`, whatever its person may do."""

    def __init__(self, needed: Iterable[str]) -> None:
        self.needed = tuple(sorted(needed))
        super().__init__(
            ErrorCode.SCOPE_MISSING, f"This token lacks the scope {', '.join(self.needed)}: make one that has it."
        )


class FrozenRefusal(Refusal):
    """The place is frozen since `since`; talk goes on at `successor`, a (kind, id) pair."""

    def __init__(self, message: str, *path: str, since: datetime | None, successor: tuple[str, int] | None) -> None:
        super().__init__(ErrorCode.ARCHIVED, message, *path)
        self.since = since
        self.successor = successor


class ThrottleRefusal(Refusal):
    """Too much at once; ask again after `retry_after_ms`."""

    def __init__(self, code: ErrorCode, message: str, *path: str, retry_after_ms: int) -> None:
        super().__init__(code, message, *path)
        self.retry_after_ms = retry_after_ms


class ConflictRefusal(Refusal):
    """Somebody else changed it first; `current_version` is what is stored now."""

    def __init__(self, message: str, *path: str, current_version: int) -> None:
        super().__init__(ErrorCode.CONFLICT, message, *path)
        self.current_version = current_version


class DuplicateRefusal(Refusal):
    """It is there already; `existing` is the (noun, id) of what is there, if the viewer may know it."""

    def __init__(self, message: str, *path: str, existing: tuple[str, int] | None = None) -> None:
        super().__init__(ErrorCode.DUPLICATE, message, *path)
        self.existing = existing


class CapacityRefusal(Refusal):
    """The event is full and takes no further seat; nor anybody on its waiting list, if that is `full`."""

    def __init__(
        self, message: str, *path: str, full: bool = False, waitlist_open: bool = False, waiting: int | None = None
    ) -> None:
        super().__init__(ErrorCode.WAITLIST_CLOSED if full else ErrorCode.CAPACITY_REACHED, message, *path)
        self.waitlist_open = waitlist_open
        self.waiting = waiting
