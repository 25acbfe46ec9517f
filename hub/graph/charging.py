"""What an operation costs whom: charged before it runs, and what it did not use is given back.

A query uses at most as many rows as its answer has room for, and each counted object takes at least eight bytes. A
mutation uses all that it costs, as its work does not show in its answer; a subscription what one change may show, once,
since each change is executed once for all who get the same. What was shed because the house was busy costs nothing.
"""

from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from time import time
from typing import Any, Protocol

from hub import metrics
from hub.graph.deprecated import deprecated_in
from hub.graph.documents import Operation
from hub.graph.shelf import Shelf
from hub.limits.buckets import Rate
from hub.limits.budgets import Charge
from hub.limits.usage import DEPRECATED
from hub.live.backend import Backend
from hub.refusals import ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.instants import to_text

_LEAST_BYTES = 8
_MINUTE = 60
_APP, _PERSON, _ADDRESS = "app", "viewer", "address"
_KIND = "cost"


class Payer(Protocol):
    @property
    def viewer(self) -> Viewer: ...
    @property
    def address(self) -> str: ...


class Charging:
    def __init__(self, backend: Backend, schema: Any) -> None:
        settings = backend.settings
        self._budgets = backend.budgets
        self._usage = backend.usage
        self._schema = schema
        self._deprecated: Shelf[frozenset[str]] = Shelf(settings.documents_cached)
        self._rates = {
            _APP: _a_minute(settings.app_cost_per_minute),
            _PERSON: _a_minute(settings.cost_per_minute),
            _ADDRESS: _a_minute(settings.address_cost_per_minute),
        }
        self._spent = {budget: metrics.COST.labels(budget) for budget in self._rates}

    def charge(self, payer: Payer, cost: int) -> Charge | None:
        """Raise ThrottleRefusal when the budget is spent; None when only `ask` can tell."""
        budget, key = _purse(payer)
        try:
            return self._budgets.charge(_KIND, key, self._rates[budget], max(1, cost))
        except ThrottleRefusal:
            self._note_throttled(payer)
            raise

    async def ask(self, payer: Payer, cost: int) -> Charge:
        budget, key = _purse(payer)
        try:
            return await self._budgets.ask(_KIND, key, self._rates[budget], max(1, cost))
        except ThrottleRefusal:
            self._note_throttled(payer)
            raise

    def look(self, payer: Payer) -> Charge:
        """How the payer's budget stands."""
        budget, key = _purse(payer)
        return self._budgets.look(key, self._rates[budget])

    def settle(
        self, payer: Payer, operation: Operation, charge: Charge, used: float | None = None, *, errors: int = 0
    ) -> None:
        """The work is done, and used so much; all of it unless told."""
        if used is not None:
            charge.used(used)
        self._spent[_purse(payer)[0]].inc(charge.taken)
        if (app_id := payer.viewer.app_id) is not None:
            deprecated = {f"{DEPRECATED}{name}": 1 for name in self._deprecated_in(operation)}
            amounts = {"requests": 1, "cost": ceil(charge.taken), "errors": errors, **deprecated}
            self._usage.note(app_id, {what: amount for what, amount in amounts.items() if amount})

    def _note_throttled(self, payer: Payer) -> None:
        if (app_id := payer.viewer.app_id) is not None:
            self._usage.note(app_id, {"requests": 1, "throttled": 1})

    def _deprecated_in(self, operation: Operation) -> frozenset[str]:
        known = self._deprecated.get(operation)
        if known is None:
            known = deprecated_in(self._schema, operation.document)
            self._deprecated.put(operation, known, operation.weight)
        return known


def used_by(answer: str | bytes) -> int:
    """The most that a query with this answer can have used."""
    return max(1, len(answer) // _LEAST_BYTES)


def shown(charge: Charge, requested: int) -> dict[str, Any]:
    """As `extensions.cost`."""
    return {
        "requested": requested,
        "limit": charge.limit,
        "remaining": charge.remaining,
        "resetAt": _text_of(ceil(time() + charge.full_in)),
    }


@lru_cache(maxsize=256)
def _text_of(second: int) -> str:
    return to_text(datetime.fromtimestamp(second, UTC))


def _a_minute(cost: int) -> Rate:
    return Rate(cost, cost / _MINUTE)


def _purse(payer: Payer) -> tuple[str, str]:
    """Whose budget it is, and its key: an app's, also where it acts for a person; else a person's or an address'."""
    viewer = payer.viewer
    if viewer.app_id is not None:
        return _APP, f"p{viewer.app_id}"
    if viewer.user_id is not None:
        return _PERSON, f"u{viewer.user_id}"
    return _ADDRESS, f"a{payer.address}"
