"""Refusals as the graph shows them: typed errors in a mutation's payload."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from hub import metrics, refusals
from hub.clubs.loaders import club_by_id
from hub.graph.context import Context
from hub.graph.directives import ApiScope
from hub.graph.interfaces import Node
from hub.graph.subjects.queries import BY_NOUN
from hub.graph.subjects.types import BY_KIND, Successor
from hub.refusals import Refusal


@strawberry.enum(description="Why something was refused; the same words as `extensions.code`.")
class ErrorCode(Enum):
    INVALID = strawberry.enum_value("INVALID", description="The value does not fit.")
    REQUIRED = strawberry.enum_value("REQUIRED", description="Something is missing.")
    TOO_LONG = strawberry.enum_value("TOO_LONG", description="More than the limit.")
    TOO_SHORT = strawberry.enum_value("TOO_SHORT", description="Less than the limit.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="Absent, or hidden from the viewer.")
    UNAUTHENTICATED = strawberry.enum_value("UNAUTHENTICATED", description="No valid token.")
    FORBIDDEN = strawberry.enum_value("FORBIDDEN", description="Not for this viewer.")
    SCOPE_MISSING = strawberry.enum_value("SCOPE_MISSING", description="The token lacks a scope.")
    ARCHIVED = strawberry.enum_value("ARCHIVED", description="The place is frozen.")
    LOCKED = strawberry.enum_value("LOCKED", description="The place is locked.")
    CLOSED = strawberry.enum_value("CLOSED", description="The time for it is over.")
    EDIT_WINDOW_PASSED = strawberry.enum_value("EDIT_WINDOW_PASSED", description="Too late to change it.")
    RATE_LIMITED = strawberry.enum_value("RATE_LIMITED", description="Too often.")
    OVERLOADED = strawberry.enum_value("OVERLOADED", description="Too much at once; try again.")
    DUPLICATE = strawberry.enum_value("DUPLICATE", description="It is there already.")
    CONFLICT = strawberry.enum_value("CONFLICT", description="Somebody changed it meanwhile.")
    CAPACITY_REACHED = strawberry.enum_value("CAPACITY_REACHED", description="No seat left.")
    WAITLIST_CLOSED = strawberry.enum_value(
        "WAITLIST_CLOSED", description="No seat left, and the waiting list is full."
    )
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="The account is suspended.")
    BANNED = strawberry.enum_value("BANNED", description="The account is banned.")
    QUERY_TOO_COSTLY = strawberry.enum_value("QUERY_TOO_COSTLY", description="The document asks for too much at once.")
    IDEMPOTENCY_MISMATCH = strawberry.enum_value(
        "IDEMPOTENCY_MISMATCH", description="The key was used with other input."
    )
    RESYNC = strawberry.enum_value("RESYNC", description="The log no longer reaches back to the cursor.")


@strawberry.interface(description="An expected refusal.")
class UserError:
    code: ErrorCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people.")
    path: list[str] | None = strawberry.field(description="The input that it is about, e.g. `[input, body]`.")


@strawberry.type(description="An input does not fit.")
class FieldError(UserError):
    min: int | None = strawberry.field(default=None, description="Least, in the unit of the field.")
    max: int | None = strawberry.field(default=None, description="Most, in the unit of the field.")


@strawberry.type(description="Not for this viewer, or not now.")
class AccessError(UserError):
    needed_scope: ApiScope | None = strawberry.field(
        default=None, description="The first scope that the token lacks; null when it is not for that."
    )
    until: datetime | None = strawberry.field(default=None, description="Until when, if that is known.")


@strawberry.type(description="The place is frozen; says where talk goes on.")
class FrozenError(UserError):
    since: datetime | None = strawberry.field(default=None, description="Since when.")
    successor: Successor | None = strawberry.field(default=None, description="Where talk goes on; null if nowhere.")


@strawberry.type(description="Too often or too much at once.")
class ThrottleError(UserError):
    retry_after_ms: int = strawberry.field(description="When to try again, in milliseconds.")


@strawberry.type(description="It is there already.")
class DuplicateError(UserError):
    existing: Node | None = strawberry.field(
        default=None, description="What is there, where the viewer may see it: e.g. one's own participation."
    )


@strawberry.type(description="Somebody changed it meanwhile.")
class ConflictError(UserError):
    current_version: int = strawberry.field(description="The version stored now.")


@strawberry.type(description="No seat left.")
class CapacityError(UserError):
    waitlist_open: bool = strawberry.field(description="Whether one may wait for a seat: `joinWaitlistIfFull`.")
    waitlist_length: int | None = strawberry.field(description="How many wait; null without a waiting list.")


ERROR_TYPES = [FieldError, AccessError, FrozenError, ThrottleError, DuplicateError, ConflictError, CapacityError]
_TOP_LEVEL = {refusals.ErrorCode.UNAUTHENTICATED}


async def to_user_error(context: Context, refusal: Refusal) -> UserError:
    """The typed error of a refusal; one that belongs to the top level is raised again."""
    if refusal.code in _TOP_LEVEL:
        raise refusal
    metrics.REFUSALS.labels(refusal.code).inc()
    shared: dict[str, Any] = {
        "code": ErrorCode[refusal.code],
        "message": refusal.message,
        "path": ["input", *refusal.path] if refusal.path else None,
    }
    return _typed(refusal, shared, await _there(context, refusal))


def _typed(refusal: Refusal, shared: dict[str, Any], there: Any) -> UserError:
    """`there` is the row that the refusal points to."""
    shape: type[UserError] = FieldError
    extra: dict[str, Any] = {}
    match refusal:
        case refusals.FrozenRefusal():
            shape, extra = FrozenError, {"since": refusal.since, "successor": there}
        case refusals.FieldRefusal():
            shape, extra = FieldError, {"min": refusal.least, "max": refusal.most}
        case refusals.ThrottleRefusal():
            shape, extra = ThrottleError, {"retry_after_ms": refusal.retry_after_ms}
        case refusals.ConflictRefusal():
            shape, extra = ConflictError, {"current_version": refusal.current_version}
        case refusals.ScopeRefusal():
            shape, extra = AccessError, {"needed_scope": ApiScope[refusal.needed[0]]}
        case refusals.AccessRefusal():
            shape, extra = AccessError, {"until": refusal.until}
        case refusals.DuplicateRefusal():
            shape, extra = DuplicateError, {"existing": there}
        case refusals.CapacityRefusal():
            shape, extra = CapacityError, {"waitlist_open": refusal.waitlist_open, "waitlist_length": refusal.waiting}
        case _:
            pass
    return shape(**{**shared, **extra})


async def _there(context: Context, refusal: Refusal) -> Any:
    match refusal:
        case refusals.FrozenRefusal(successor=(kind, row_id)):
            return await context.reader.one({**BY_KIND, "CLUB": club_by_id}[kind], row_id)
        case refusals.DuplicateRefusal(existing=(noun, row_id)):
            return await context.reader.one(BY_NOUN[noun], row_id)
        case _:
            return None
