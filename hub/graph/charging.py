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
from hub.limits.buckets import Rate
from hub.limits.budgets import Budgets, Charge
from hub.settings import Settings
from hub.store.audience import Viewer
from hub.store.instants import to_text

_LEAST_BYTES = 8
_MINUTE = 60
_PERSON, _ADDRESS = "viewer", "address"
_KIND = "cost"


class Payer(Protocol):
    @property
    def viewer(self) -> Viewer: ...
    @property
    def address(self) -> str: ...


class Charging:
    def __init__(self, budgets: Budgets, settings: Settings) -> None:
        self._budgets = budgets
        self._rates = {
            _PERSON: Rate(settings.cost_per_minute, settings.cost_per_minute / _MINUTE),
            _ADDRESS: Rate(settings.address_cost_per_minute, settings.address_cost_per_minute / _MINUTE),
        }
        self._spent = {budget: metrics.COST.labels(budget) for budget in self._rates}

    def charge(self, payer: Payer, cost: int) -> Charge | None:
        """Raise ThrottleRefusal when the budget is spent; None when only `ask` can tell."""
        budget, key = _purse(payer)
        return self._budgets.charge(_KIND, key, self._rates[budget], max(1, cost))

    async def ask(self, payer: Payer, cost: int) -> Charge:
        budget, key = _purse(payer)
        return await self._budgets.ask(_KIND, key, self._rates[budget], max(1, cost))

    def look(self, payer: Payer) -> Charge:
        """How the payer's budget stands."""
        budget, key = _purse(payer)
        return self._budgets.look(key, self._rates[budget])

    def settle(self, payer: Payer, charge: Charge, used: float | None = None) -> None:
        """The work is done, and used so much; all of it unless told."""
        if used is not None:
            charge.used(used)
        self._spent[_purse(payer)[0]].inc(charge.taken)


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


def _purse(payer: Payer) -> tuple[str, str]:
    """Whose budget it is, and its key."""
    if payer.viewer.user_id is not None:
        return _PERSON, f"u{payer.viewer.user_id}"
    return _ADDRESS, f"a{payer.address}"
