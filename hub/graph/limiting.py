"""How often a mutation may be tried: declared with it, enforced here before its work, and counted for each field.

    @strawberry.mutation(extensions=[Attempted("login", per_account="…", per_address="…", account="login")])

A refusal is a `ThrottleError` in the payload, as any other, so a hundred aliases get a hundred answers.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.types.field import StrawberryField

from hub.graph.context import Context, Info
from hub.graph.errors import to_user_error
from hub.limits.attempts import Counted
from hub.limits.buckets import Rate
from hub.refusals import Refusal


class _Limited(FieldExtension):
    """`settings` are the names of those that say how often."""

    settings: tuple[str, ...]

    def apply(self, field: StrawberryField) -> None:
        named = " and ".join(f"`HUB_{name.upper()}`" for name in self.settings)
        told = f" Each field counts: {named}, else `RATE_LIMITED`."
        field.description = f"{(field.description or '').removesuffix(told)}{told}"  # a schema may be built twice

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: Info, **arguments: Any
    ) -> Any:
        try:
            await self.ensure(info.context, arguments["input"])
        except Refusal as refusal:
            error = await to_user_error(info.context, refusal)
            payload: Any = info.return_type
            return payload(errors=[error], client_mutation_id=arguments["input"].client_mutation_id)
        return await next_(source, info, **arguments)

    @abstractmethod
    async def ensure(self, context: Context, given: Any) -> None:
        """Raise ThrottleRefusal for one too many."""


class Attempted(_Limited):
    """By what the input's field `account` names, known or not, and by the caller's address, that first."""

    def __init__(self, kind: str, *, account: str, per_account: str, per_address: str) -> None:
        self.settings = (per_account, per_address)
        self._kind = kind
        self._account = account

    async def ensure(self, context: Context, given: Any) -> None:
        account = str(getattr(given, self._account)).strip().casefold()
        by_account, by_address = (getattr(context.settings, name) for name in self.settings)
        counted = [Counted(f"address:{context.address}", by_address), Counted(f"account:{account}", by_account)]
        await context.backend.attempts.count(self._kind, counted)


class Guessed(_Limited):
    """By the person who asks and whose password it is: a stolen session guesses no faster than a login. Who is nobody
    is refused elsewhere."""

    def __init__(self, kind: str, *, per_account: str) -> None:
        self.settings = (per_account,)
        self._kind = kind

    async def ensure(self, context: Context, given: Any) -> None:  # noqa: ARG002 - each kind of limit is handed the same
        if (user_id := context.viewer.user_id) is not None:
            limits = getattr(context.settings, *self.settings)
            await context.backend.attempts.count(self._kind, [Counted(f"user:{user_id}", limits)])


class Paced(_Limited):
    """By the person who asks: so many at once, and so many a second after. Who is nobody is refused elsewhere, or with
    `nobody` counted by the address."""

    def __init__(self, kind: str, *, burst: str, per_second: str, nobody: bool = False) -> None:
        self.settings = (burst, per_second)
        self._kind = kind
        self._nobody = nobody

    async def ensure(self, context: Context, given: Any) -> None:  # noqa: ARG002 - each kind of limit is handed the same
        who = context.viewer.user_id
        if who is None and not self._nobody:
            return
        burst, per_second = (getattr(context.settings, name) for name in self.settings)
        key = f"{self._kind}:{who if who is not None else context.address}"
        budgets, rate = context.backend.budgets, Rate(burst, per_second)
        if budgets.charge(self._kind, key, rate, 1) is None:
            await budgets.ask(self._kind, key, rate, 1)
