"""Plans remembered, made and used: `answer` gives the JSON text of `data`, or None where execution must answer.

A plan belongs to one operation with its flags (what @skip and @include decide), the choices of its calls (which
loader, filters and cursors) and the standing of the viewer; all else are parameters of its statement. It is made
when the same is asked for the second time, at once where it asks for much, or before it is asked at all (`prepare`).
One that misses too often rests for a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from time import monotonic, perf_counter
from typing import Any, cast

import structlog
from graphql import FieldNode, GraphQLObjectType, GraphQLSchema
from graphql.execution.values import VariableValues
from strawberry import Schema

from hub.graph.documents import Operation
from hub.graph.judging import fragments_of
from hub.graph.plans.calls import Call, Made, converter
from hub.graph.plans.counters import Counters
from hub.graph.plans.leaves import NoPlan
from hub.graph.plans.planting import Planting
from hub.graph.plans.selecting import Selecting, flags_of
from hub.graph.shelf import Shelf
from hub.settings import Settings
from hub.store.audience import Standing, Viewer
from hub.store.database import Database
from hub.store.loaders import Loader
from hub.store.plans import tree
from hub.store.plans.answering import Miss, answer
from hub.store.plans.statement import Statement, write
from hub.store.plans.tree import Choice, RowChoice

_log: Any = structlog.get_logger()
_MINUTE = 60.0
_USUAL_STATEMENT = 10_000
"""Characters."""
_REFUSED = "an argument is refused"
_NO_VARIABLES = VariableValues({}, {})
_USUAL = (Standing.ANONYMOUS, Standing.MEMBER)


@dataclass(frozen=True, eq=False)
class Sapling:
    """A tree and its calls; those that are the same for all requests are made already.

    Of use to viewers who have all of the `scopes`: what others are told of each field, execution tells.
    """

    root: tree.Node
    calls: tuple[Call, ...]
    fixed: Mapping[int, Made]
    constant: tuple[tuple[Choice, ...], dict[str, Any]] | None
    scopes: frozenset[str]


@dataclass(eq=False)
class Plan:
    statement: Statement
    resting_until: float = 0.0
    misses: list[float] = field(default_factory=list[float])

    @property
    def kind(self) -> str:
        return "holes" if self.statement.holes else "statement"


@dataclass(slots=True)
class Order:
    """One request's plan, and what goes into it."""

    plan: Plan
    parameters: Mapping[str, Any]
    arguments: Mapping[int, Mapping[str, Any]]


class Planner:
    def __init__(self, schema: Schema, core: GraphQLSchema, settings: Settings) -> None:
        self.counters = Counters()
        self._core = core
        self._settings = settings
        self._convert = converter(schema)
        self._flags: Shelf[tuple[str, ...]] = Shelf(settings.documents_cached)
        self._seen: Shelf[int] = Shelf(settings.plans_cached)
        self._expected: Shelf[bool] = Shelf(settings.plans_cached)
        self._saplings: Shelf[Sapling | NoPlan] = Shelf(settings.plans_cached)
        self._plans: Shelf[Plan] = Shelf(settings.plans_cached)

    async def answer(
        self,
        operation: Operation,
        variables: VariableValues,
        viewer: Viewer,
        database: Database,
        asked_at: datetime,
        *,
        at_once: bool = False,
    ) -> str | None:
        """`at_once`: it is worth a plan though it was never seen before."""
        try:
            order = self.order(operation, variables, viewer, database, at_once=at_once)
        except NoPlan as reason:
            self.counters.execute(str(reason))
            return None
        return await self._run(order, viewer, database, asked_at)

    async def under(
        self,
        operation: Operation,
        nodes: list[FieldNode],
        variables: VariableValues,
        loader: Loader,
        row_id: int,
        viewer: Viewer,
        database: Database,
        asked_at: datetime,
    ) -> str | None:
        """The same for the selection under one field whose row is known: what a mutation or a notice shows."""
        try:
            # By identity: the operation keeps its nodes, and their own hash walks all that is below them.
            key = (operation, id(nodes[0]), loader, self.flags_of(operation, variables))
            sapling = self._sapling(key, lambda: self._plant_row(operation, nodes, variables, loader))
            order = self._order(sapling, variables, viewer, database, {0: row_id})
        except NoPlan as reason:
            self.counters.execute(str(reason))
            return None
        return await self._run(order, viewer, database, asked_at)

    def prepare(self, operation: Operation, database: Database) -> str | None:
        """Plan what is known before it is asked, as a persisted document: now as far as no variable decides, and the
        rest at its first sight. Gives the reason where it will have no plan.
        """
        self._expected.put((operation.text, operation.name), True)
        if operation.kind != "query" or self.flags_of(operation, _NO_VARIABLES):
            return None
        try:
            sapling = self._sapling((operation, ()), lambda: self.plant(operation, _NO_VARIABLES))
        except NoPlan as reason:
            return str(reason)
        if sapling.constant is not None:
            for standing in _USUAL:
                self._plan(sapling, sapling.constant[0], standing, database)
        return None

    def order(
        self,
        operation: Operation,
        variables: VariableValues,
        viewer: Viewer,
        database: Database,
        *,
        at_once: bool = False,
    ) -> Order:
        """The plan for this request; raise NoPlan where there is none, or not yet."""
        key = (operation, self.flags_of(operation, variables))
        sapling = self._sapling(key, lambda: self.plant(operation, variables), at_once=at_once)
        return self._order(sapling, variables, viewer, database, {})

    def plant(self, operation: Operation, variables: VariableValues) -> Sapling:
        planting = self._planting(operation, variables)
        root_type = cast("GraphQLObjectType", self._core.get_root_type(operation.definition.operation))
        root = planting.root(root_type, [operation.definition.selection_set])
        return self._grown(planting, root)

    def _plant_row(
        self, operation: Operation, nodes: list[FieldNode], variables: VariableValues, loader: Loader
    ) -> Sapling:
        planting = self._planting(operation, variables)
        row = Call(0, cast("Any", None), nodes[0], cast("Any", None))
        planting.calls.append(row)
        below = planting.row(loader, nodes)
        made = Made(RowChoice(loader), {}, {})
        return self._grown(planting, tree.Lookup(0, {loader: below}, null=False), {0: made})

    def _planting(self, operation: Operation, variables: VariableValues) -> Planting:
        selecting = Selecting(self._core, fragments_of(operation.document), variables)
        return Planting(self._core, self._settings, selecting)

    def _grown(self, planting: Planting, root: tree.Node, given: Mapping[int, Made] | None = None) -> Sapling:
        fixed = dict(given or {})
        all_calls = tuple(planting.calls)
        for call in all_calls:
            if call.number not in fixed and call.fixed:
                fixed[call.number] = self._make(call, None)
        constant = None
        if len(fixed) == len(all_calls):
            choices = tuple(fixed[call.number].choice for call in all_calls)
            constant = choices, {name: value for made in fixed.values() for name, value in made.parameters.items()}
        return Sapling(root, all_calls, fixed, constant, planting.scopes)

    def _make(self, call: Call, variables: VariableValues | None) -> Made:
        try:
            return call.make(variables, self._convert, self._settings)
        except Exception as error:  # what it is refused with is for execution to tell
            raise NoPlan(_REFUSED) from error

    def _order(
        self,
        sapling: Sapling,
        variables: VariableValues,
        viewer: Viewer,
        database: Database,
        rows: Mapping[int, int],
    ) -> Order:
        if viewer.lacks(sapling.scopes):
            raise NoPlan("a scope is missing")
        made: Mapping[int, Made] = sapling.fixed
        if sapling.constant is not None:
            choices, parameters = sapling.constant
        else:
            made = {c.number: sapling.fixed.get(c.number) or self._make(c, variables) for c in sapling.calls}
            choices = tuple(made[call.number].choice for call in sapling.calls)
            parameters = {name: value for one in made.values() for name, value in one.parameters.items()}
        if rows:
            parameters = {**parameters, **{f"c{number}_key": row_id for number, row_id in rows.items()}}
        plan = self._plan(sapling, choices, viewer.standing, database)
        arguments = {n: one.arguments for n, one in made.items()} if plan.statement.holes else {}
        return Order(plan, parameters, arguments)

    def _plan(self, sapling: Sapling, choices: tuple[Choice, ...], standing: Standing, database: Database) -> Plan:
        key = (sapling, choices, standing, database.dialect)
        known = self._plans.get(key)
        if known is None:
            try:
                known = Plan(write(sapling.root, choices, standing, database.dialect))
            except Exception as error:
                _log.error("plan.broken", exc_info=error)
                raise NoPlan("a mistake of ours") from error
            self.counters.compile()
            self._plans.put(key, known, 1 + len(known.statement.prepared.text) // _USUAL_STATEMENT)
        if known.resting_until > monotonic():
            raise NoPlan("the plan rests")
        return known

    def _sapling(self, key: Any, plant: Any, *, at_once: bool = False) -> Sapling:
        known = self._saplings.get(key)
        if known is None:
            if not at_once:
                self._ensure_seen(key)
            try:
                known = plant()
            except NoPlan as reason:
                known = NoPlan(*reason.args)
                _log.info("plan.none", reason=str(reason), operation=key[0].name)
            except Exception as error:  # a mistake of ours may cost the plan, not the answer
                _log.error("plan.broken", exc_info=error)
                known = NoPlan("a mistake of ours")
            self._saplings.put(key, known, key[0].weight)
        if isinstance(known, NoPlan):
            raise NoPlan(*known.args)
        return known

    def _ensure_seen(self, key: Any) -> None:
        if self._expected.get((key[0].text, key[0].name)):
            return
        sights = (self._seen.get(key) or 0) + 1
        if sights < self._settings.plan_sights:
            self._seen.put(key, sights, key[0].weight)
            raise NoPlan("not seen often enough yet")

    def flags_of(self, operation: Operation, variables: VariableValues) -> tuple[Any, ...]:
        """What decides in @skip and @include."""
        names = self._flags.get(operation)
        if names is None:
            names = flags_of(operation.document)
            self._flags.put(operation, names, operation.weight)
        return tuple([variables.coerced.get(name) for name in names]) if names else ()

    async def _run(self, order: Order, viewer: Viewer, database: Database, asked_at: datetime) -> str | None:
        plan = order.plan
        begun = perf_counter()
        try:
            text = await answer(plan.statement, database, viewer, order.parameters, order.arguments, asked_at)
        except Miss as miss:
            self._missed(plan, miss)
            return None
        self.counters.answer(plan.kind, perf_counter() - begun, len(text))
        return text

    def _missed(self, plan: Plan, miss: Miss) -> None:
        self.counters.miss(str(miss))
        _log.info("plan.missed", reason=str(miss), kind=plan.kind)
        at = monotonic()
        plan.misses = [*(then for then in plan.misses if then > at - _MINUTE), at]
        if miss.broken or len(plan.misses) >= self._settings.plan_misses:
            plan.resting_until = inf if miss.broken else at + _MINUTE
            plan.misses = []
            self.counters.rest()
