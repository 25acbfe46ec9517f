"""What every mutation answers: the thing, typed errors, and whether it was a repeat."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from hub.graph.context import Info
from hub.graph.errors import UserError, to_user_error
from hub.refusals import Refusal
from hub.store.loaders import Loader

P = TypeVar("P", bound="Payload")


@strawberry.interface(description="The answer to a mutation.")
class Payload:
    errors: list[UserError] = strawberry.field(description="Why nothing was done; empty when it was.")
    client_mutation_id: str | None = strawberry.field(default=None, description="As given in the input.")
    replayed: bool = strawberry.field(default=False, description="Whether this repeats an earlier answer.")


@dataclass(frozen=True)
class Reference:
    """In place of a row that was just written: what is asked of it is planned at its id, without loading it first."""

    loader: Loader
    id: int


async def answer(
    info: Info, payload: type[P], client_mutation_id: str | None, work: Callable[[], Awaitable[dict[str, Any]]]
) -> P:
    """The payload with what `work` gives, or with the refusal that it raised."""
    try:
        return payload(errors=[], client_mutation_id=client_mutation_id, **await work())
    except Refusal as refusal:
        error = await to_user_error(info.context, refusal)
        return payload(errors=[error], client_mutation_id=client_mutation_id)


def mutation_id() -> Any:
    return strawberry.field(default=None, description="Handed back as it is.")


def audited_reason() -> Any:
    return strawberry.field(default=None, description="For the audit log, 1 to 500 characters.")


def idempotency_key() -> Any:
    return strawberry.field(
        description="Your own key for this write, 1 to 200 characters: repeat it with the same input and you get the"
        " first answer again, within `HUB_IDEMPOTENCY_DAYS`."
    )


@strawberry.input(description="One thing by its id.")
class IdInput:
    id: strawberry.ID = strawberry.field(description="Its id.")
    client_mutation_id: str | None = mutation_id()
