from dataclasses import dataclass

from hub.refusals import ErrorCode, Refusal, ThrottleRefusal

TRIES = 5


@dataclass(frozen=True)
class Written:
    """The id of the comment; `replayed` when an earlier call with the same key had made it."""

    id: int
    replayed: bool = False


class StateMoved(Exception):
    """Between the rules and the write the subject or the comment changed: load and judge again."""


def too_busy() -> Refusal:
    return ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )


def not_found(what: str, *path: str) -> Refusal:
    return Refusal(ErrorCode.NOT_FOUND, f"There is no such {what}, or you may not see it: check the id.", *path)
