"""Declaring subscriptions: a field that follows a stream, or the headlines of many.

`live(opening, …)` names the function that looks the stream up through the viewer and says how an item of it is
shown; the argument `after`, where there is one, is each reader's own position and not handed to it.
What comes of it is executed once for all who get the same (`following.py`), so `show` and what is selected below
it are handed a Context whose viewer holds no more than the audience class does.
"""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from hub.graph.context import Context
from hub.graph.directives import ApiScope
from hub.graph.fields import shown_directives
from hub.live.feed import Item
from hub.store.audience import Viewer
from hub.store.loaders import Loader

LIVE = "live"


class Lost:
    """Shown in place of an item after which this audience may not see the stream any more."""


LOST = Lost()


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A stream that may be followed. `viewer` is who the shared execution is for, as far as visibility goes:
    without self, and with the clubs that the stream itself depends on, unless only self sees it."""

    stream_id: int
    viewer: Viewer
    show: Callable[[Context, Item], Awaitable[Any]]
    per_second: int | None = None
    bundled: frozenset[str] = frozenset()
    tells_access: bool = False
    """Whether the reader is told when its access changed."""


@dataclass(frozen=True, kw_only=True)
class Headlines:
    """Streams whose newest state is shown at most once an interval, in seconds."""

    stream_ids: tuple[int, ...]
    interval: float
    viewer: Viewer
    show: Callable[[Context, int], Awaitable[Any]]


@dataclass(frozen=True)
class Live:
    """`within` are joins that stay on the stream's own subject: only its club counts for them."""

    opening: Callable[..., Awaitable[Stream | Headlines]]
    within: frozenset[Loader] = field(default_factory=frozenset[Loader])

    async def open(self, context: Context, arguments: Mapping[str, Any]) -> Stream | Headlines:
        """`arguments` under their GraphQL names."""
        names = {to_camel_case(name): name for name in inspect.signature(self.opening).parameters}
        return await self.opening(context, **{names[name]: value for name, value in arguments.items()})


def live(
    opening: Callable[..., Awaitable[Stream | Headlines]],
    *,
    arguments: Callable[..., Any],
    within: tuple[Loader, ...] = (),
    description: str,
    cost: int | None = None,
    scope: ApiScope | None = None,
) -> Any:
    """`arguments` is a function whose parameters are the field's, and whose answer is what each item is shown as."""

    async def follow(**_arguments: Any) -> AsyncGenerator[Any]:
        raise NotImplementedError  # `following.py` runs the declaration
        yield

    signature = inspect.signature(arguments)
    own = [p.replace(kind=p.KEYWORD_ONLY) for p in signature.parameters.values()]
    gives = AsyncGenerator[signature.return_annotation, None]
    taking: Any = follow
    taking.__signature__ = inspect.Signature(own, return_annotation=gives)
    taking.__annotations__ = {**{p.name: p.annotation for p in own}, "return": gives}
    make: Callable[..., Any] = strawberry.subscription
    return make(
        resolver=follow,
        description=description,
        metadata={LIVE: Live(opening, frozenset(within))},
        directives=shown_directives(cost=cost, scope=scope),
    )


def live_of(declared: Any) -> Live:
    """What a field of the built schema's Subscription type was declared as."""
    definition = declared.extensions.get("strawberry-definition")
    found = definition.metadata.get(LIVE) if isinstance(definition, StrawberryField) else None
    if found is None:
        raise TypeError("a subscription is declared with `live`")
    return found
