"""Running subscriptions: the selection is executed once for each audience class and notice, for all who get the same.

Alike are those with the same document, operation, variables (less the position `after`) and audience class. The
execution is handed a viewer that holds the facts of the class and nothing else, so what one person alone may see
cannot come into an answer that others get.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Protocol, Self

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    VariableNode,
    Visitor,
    get_argument_values,
    located_error,
    visit,
)

from hub import metrics
from hub.graph.audience import Audience
from hub.graph.context import Context
from hub.graph.documents import Operation
from hub.graph.fields import scopes_of
from hub.graph.live import LOST, Headlines, Live, Stream, live_of
from hub.graph.scopes import ensure_scopes
from hub.live.backend import Backend
from hub.live.bodies import Rendered
from hub.live.cursor import LiveCursor
from hub.live.feed import AccessChanged, Item
from hub.live.groups import Delivery, Groups, Moved, Place, Sink
from hub.live.pace import Wishes
from hub.live.tallies import Tallies
from hub.refusals import Refusal, ThrottleRefusal
from hub.store.audience import Fact, Standing, Viewer
from hub.store.instants import now

_ADVICE_SECONDS = 1.0
# Long enough for a crowd that comes back at once, and less than the 2 seconds in which a loss of access is felt.
_KNOWN_SECONDS = 0.5
_MOST_KNOWN = 10_000


class Seen(Protocol):
    @property
    def viewer(self) -> Viewer: ...
    @property
    def address(self) -> str: ...


class Following(Protocol):
    """Who follows: `caller` as of now, and what to call when that changes."""

    @property
    def caller(self) -> Seen: ...
    @property
    def on_change(self) -> set[Callable[[], None]]: ...


@dataclass(frozen=True)
class Shape:
    """What the document says, whatever its variables."""

    fragments: dict[str, FragmentDefinitionNode]
    root: FieldNode
    declared: Live
    position: str | None
    """The variable that is used as the root's `after` and nowhere else."""
    named: frozenset[str]
    """The types that its fragments name."""
    facts: dict[Standing, set[Fact]]


@dataclass(frozen=True)
class Subscription:
    """An operation that was found fit to run."""

    operation: Operation
    variables: dict[str, Any]
    coerced: Any
    shape: Shape
    likeness: Hashable
    """Document, operation and variables; the position is each reader's own."""


# Runs the selection on a change: an answer body, or the raised ThrottleRefusal of a database that is away.
Execute = Callable[[Subscription, Any, Context], Awaitable[dict[str, Any]]]
Failed = Callable[[GraphQLError], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Known:
    opening: asyncio.Future[Stream | Headlines]
    until: float


class Subscriptions:
    def __init__(
        self,
        schema: GraphQLSchema,
        backend: Backend,
        context_of: Callable[[Viewer], Context],
        execute: Execute,
        failed: Failed,
    ) -> None:
        self._schema = schema
        self._audience = Audience(schema)
        self._context_of = context_of
        self._execute = execute
        self._failed = failed
        self._groups = Groups(backend.relay, backend.database, backend.settings)
        self._tallies = Tallies(backend.relay)
        self._shapes: dict[tuple[str, str | None], Shape] = {}
        self._known: dict[Hashable, _Known] = {}
        self._jitter_ms = int(backend.settings.reconnect_jitter * 1_000)

    def subscription(self, operation: Operation, variables: dict[str, Any], coerced: Any) -> Subscription:
        shape = self._shape(operation)
        shared = {name: value for name, value in variables.items() if name != shape.position}
        likeness = operation.text, operation.name, orjson.dumps(shared, option=orjson.OPT_SORT_KEYS).decode()
        return Subscription(operation, variables, coerced, shape, likeness)

    def _shape(self, operation: Operation) -> Shape:
        name = operation.text, operation.name
        if (known := self._shapes.get(name)) is not None:
            return known
        (root,) = (node for node in operation.definition.selection_set.selections if isinstance(node, FieldNode))
        field: Any = self._schema.subscription_type.fields[root.name.value]  # pyright: ignore[reportOptionalMemberAccess] - a subscription was found, so the type is there
        definitions = operation.document.definitions
        fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        seen = _Seen(operation.document)
        position = _variable_of(root, "after")
        if len(self._shapes) >= _MOST_KNOWN:
            self._shapes.clear()
        self._shapes[name] = shape = Shape(
            fragments, root, live_of(field), position if seen.uses[position] == 1 else None, frozenset(seen.named), {}
        )
        return shape

    async def follow(
        self, subscription: Subscription, following: Following, sink: Sink, position: str | None = None
    ) -> None:
        """Until the stream ends. Raise GraphQLError where it cannot be opened, or not any more."""
        place: Place | None = None
        again = False
        metrics.SUBSCRIPTIONS.inc()
        try:
            while True:
                # Before the look-up: what changes while it runs counts too.
                with _Attention(following) as attention:
                    viewer = following.caller.viewer
                    opened, after = await self._open(subscription, viewer, position, again=place is not None)
                    if isinstance(opened, Stream):
                        place = place or Place(after)
                    if not attention.called:
                        async with attention.patience:
                            if again:
                                await self._tell_access(subscription, opened, place, viewer, sink)
                            again = True
                            await self._follow(subscription, opened, place, viewer, sink)
                if not attention.called:
                    return
        finally:
            metrics.SUBSCRIPTIONS.dec()

    async def advise(self) -> None:
        """Tell those who want to know that this process goes away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ADVICE_SECONDS):
                await self._groups.advise(0, self._jitter_ms)

    @property
    def groups(self) -> int:
        return len(self._groups) + len(self._tallies)

    async def _open(
        self, subscription: Subscription, viewer: Viewer, position: str | None, *, again: bool
    ) -> tuple[Stream | Headlines, LiveCursor | None]:
        """What is to be followed, looked up once for all who come at the same time, and from where on."""
        node = subscription.shape.root
        field: Any = self._schema.subscription_type.fields[node.name.value]  # pyright: ignore[reportOptionalMemberAccess] - a subscription was found, so the type is there
        try:
            ensure_scopes(viewer, scopes_of(field))
            arguments = get_argument_values(field, node, subscription.coerced)
            given = arguments.pop("after", None)
            after = position or given
            opened = await self._opened(subscription, arguments, viewer, again=again)
            if after is None or isinstance(opened, Headlines):
                return opened, None
            return opened, LiveCursor.parse(after, opened.stream_id)
        except Exception as problem:
            key = node.alias or node.name
            raise located_error(problem, [node], [key.value]) from problem

    async def _opened(
        self, subscription: Subscription, arguments: dict[str, Any], viewer: Viewer, *, again: bool
    ) -> Stream | Headlines:
        shared = viewer.shared()
        name = (subscription.likeness, shared)
        known = self._known.get(name)
        if known is None or again or known.until < monotonic():
            opening = subscription.shape.declared.open(self._context_of(shared), arguments)
            known = self._keep(name, asyncio.ensure_future(opening))
        try:
            return await asyncio.shield(known.opening)
        except Refusal:
            if viewer.user_id is None:
                raise
            # What others may not see this viewer alone may.
            return await subscription.shape.declared.open(self._context_of(viewer), arguments)

    def _keep(self, name: Hashable, opening: asyncio.Future[Stream | Headlines]) -> _Known:
        moment = monotonic()
        while self._known and (len(self._known) >= _MOST_KNOWN or next(iter(self._known.values())).until < moment):
            del self._known[next(iter(self._known))]
        self._known.pop(name, None)
        known = self._known[name] = _Known(opening, moment + _KNOWN_SECONDS)

        def drop_if_refused(_: object) -> None:
            if (opening.cancelled() or opening.exception() is not None) and self._known.get(name) is known:
                del self._known[name]

        opening.add_done_callback(drop_if_refused)
        return known

    async def _follow(
        self, subscription: Subscription, opened: Stream | Headlines, place: Place | None, viewer: Viewer, sink: Sink
    ) -> None:
        if isinstance(opened, Headlines):
            await self._follow_headlines(subscription, opened, viewer, sink)
        elif place is not None:
            await self._follow_stream(subscription, opened, place, viewer, sink)

    async def _tell_access(
        self, subscription: Subscription, opened: Stream | Headlines, place: Place | None, viewer: Viewer, sink: Sink
    ) -> None:
        """That it changed, to one who has caught up; others read all as it is now anyway."""
        if isinstance(opened, Headlines) or not opened.tells_access or place is None or not place.caught_up:
            return
        if (cursor := place.cursor) is not None:
            context = self._context_of(self._audience_of(subscription, opened.viewer, viewer))
            rendered = await self._rendered(subscription, opened, context, AccessChanged(cursor, now()))
            if rendered.body is not None:
                await sink.put(Delivery(rendered.body, cursor))

    async def _follow_stream(
        self, subscription: Subscription, opened: Stream, place: Place, viewer: Viewer, sink: Sink
    ) -> None:
        audience = self._audience_of(subscription, opened.viewer, viewer)
        named = subscription.shape.named
        wishes = Wishes(
            per_second=opened.per_second,
            bundled=opened.bundled,
            tallies="TallyChanged" in named,
            heartbeats="Heartbeat" in named,
            advice="ReconnectAdvice" in named,
        )

        async def render(items: list[Item]) -> list[Rendered]:
            context = self._context_of(audience)
            if len(items) > 1:
                context.planner = None  # loaders that batch take fewer statements than a plan for each
            return await asyncio.gather(*(self._rendered(subscription, opened, context, item) for item in items))

        likeness = (subscription.likeness, audience)
        async with self._groups.join(opened.stream_id, likeness, render, wishes) as group:
            if group is not None:
                await group.follow(place, sink)

    async def _follow_headlines(
        self, subscription: Subscription, opened: Headlines, viewer: Viewer, sink: Sink
    ) -> None:
        audience = self._audience_of(subscription, opened.viewer, viewer)

        async def render(stream_ids: list[int]) -> dict[int, bytes]:
            context = self._context_of(audience)
            shown = await asyncio.gather(*(opened.show(context, one) for one in stream_ids))
            found = {one: value for one, value in zip(stream_ids, shown, strict=True) if value is not None}
            bodies = await asyncio.gather(*(self._execute(subscription, value, context) for value in found.values()))
            return {one: orjson.dumps(body) for one, body in zip(found, bodies, strict=True)}

        likeness = (subscription.likeness, audience)
        await self._tallies.follow(likeness, opened.stream_ids, render, opened.interval, sink)

    def _audience_of(self, subscription: Subscription, of_stream: Viewer, viewer: Viewer) -> Viewer:
        """The viewer with no more facts than the class needs."""
        shape, standing = subscription.shape, viewer.standing
        if (facts := shape.facts.get(standing)) is None:
            facts = self._audience.facts(shape.fragments, shape.root, standing, shape.declared.within)
            shape.facts[standing] = facts
        if Fact.SELF in facts or of_stream.user_id is not None:
            return replace(viewer, token_id=None, request_id="")
        audience = viewer.shared() if Fact.CLUBS in facts else of_stream
        return audience if audience.scopes is None or Fact.SCOPES in facts else replace(audience, scopes=None)

    async def _rendered(self, subscription: Subscription, opened: Stream, context: Context, item: Item) -> Rendered:
        try:
            change = await opened.show(context, item)
        except ThrottleRefusal:
            raise
        except Exception as problem:
            key = subscription.shape.root.alias or subscription.shape.root.name
            error = located_error(problem, [subscription.shape.root], [key.value])
            return Rendered(orjson.dumps(self._failed(error)), last=True)
        if change is LOST:
            return Rendered(None, moved=True)
        if change is None:
            return Rendered(None)
        return Rendered(orjson.dumps(await self._execute(subscription, change, context)))


class _Attention:
    """Ends the block inside when access is to be looked at again, and says so by `called`."""

    __slots__ = ("_following", "_loop", "called", "patience")

    def __init__(self, following: Following) -> None:
        self.called = False
        self.patience = asyncio.timeout(None)
        self._following = following
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._following.on_change.add(self._call)
        return self

    def __exit__(self, _kind: object, problem: BaseException | None, _trace: object) -> bool:
        self._following.on_change.discard(self._call)
        if isinstance(problem, Moved):
            self.called = True
        return isinstance(problem, Moved) or (isinstance(problem, TimeoutError) and self.patience.expired())

    def _call(self) -> None:
        self.called = True
        with suppress(RuntimeError):  # the block has ended by itself
            self.patience.reschedule(self._loop.time())


def _variable_of(root: FieldNode, argument: str) -> str | None:
    for given in root.arguments or ():
        if given.name.value == argument and isinstance(given.value, VariableNode):
            return given.value.name.value
    return None


class _Seen(Visitor):
    """How often each variable is used, and which types fragments name."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__()
        self.uses: Counter[str | None] = Counter()
        self.named: set[str] = set()
        visit(document, self)

    def enter_variable_definition(self, *_: Any) -> bool:
        return False

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.uses[node.name.value] += 1

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: Any) -> None:
        if node.type_condition is not None:
            self.named.add(node.type_condition.name.value)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
        self.named.add(node.type_condition.name.value)
