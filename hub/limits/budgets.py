"""Budgets of cost: charged before the work, without waiting; what was not used is given back.

Alone, a process keeps its buckets itself. Over Redis it spends of each key up to one *share*, a twentieth of the
capacity, before it hears from Redis, which it asks for many keys at once and ahead of need; who wants more than is
left of the share waits for Redis' answer. So no more than the budget and one share a process is ever spent, and what
was too much is a debt that the budget fills up first.

While Redis is away each process goes on by its own buckets, and tells Redis what it spent when it is back.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from math import ceil
from time import time
from typing import Any

import structlog

from hub import metrics
from hub.limits.buckets import Bucket, Rate
from hub.limits.redis import LOST, Ask, RedisBuckets
from hub.refusals import ErrorCode, ThrottleRefusal

SHARE = 0.05
_MOST_KEYS = 50_000
_ASKED_AT_ONCE = 200
_BREATH_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_log: Any = structlog.get_logger()


class Account(Bucket):
    """What this process knows of one key.

    `left` may be spent before Redis is heard; `owed` was spent and Redis does not know of it.
    """

    __slots__ = ("key", "left", "owed")

    def __init__(self, key: str, rate: Rate, now: float) -> None:
        super().__init__(rate, now)
        self.key = key
        self.left = rate.capacity * SHARE
        self.owed = 0.0

    def spend(self, amount: float) -> None:
        super().spend(amount)
        self.left = min(self.rate.capacity * SHARE, self.left - amount)
        self.owed += amount

    def hear(self, level: float, now: float) -> None:
        """Redis' answer, less what was spent while it was on its way."""
        self.level, self.at = level - self.owed, now
        self.left = min(self.rate.capacity * SHARE, max(0.0, level)) - self.owed


class Charge:
    """What was taken for one piece of work, and how its account stands."""

    __slots__ = ("_account", "_budgets", "taken")

    def __init__(self, budgets: "Budgets", account: Account, taken: float) -> None:
        self._budgets = budgets
        self._account = account
        self.taken = taken

    def used(self, amount: float) -> None:
        """Give back what was taken beyond this."""
        if amount < self.taken:
            self._budgets.give_back(self._account, self.taken - max(0.0, amount))
            self.taken = max(0.0, amount)

    @property
    def limit(self) -> int:
        return int(self._account.rate.capacity)

    @property
    def remaining(self) -> int:
        return max(0, int(self._account.level))

    @property
    def full_in(self) -> float:
        """Seconds until all of the budget is there again, if nothing else is spent."""
        return self._account.rate.seconds_until(self._account.rate.capacity, self._account.level)


class Budgets:
    """At most 50,000 keys, the latest used: one that is forgotten begins anew, over Redis with what is left there."""

    def __init__(
        self, far: RedisBuckets | None = None, *, clock: Callable[[], float] = time, most: int = _MOST_KEYS
    ) -> None:
        self._far = far
        self._clock = clock
        self._most = most
        self._accounts: OrderedDict[str, Account] = OrderedDict()
        self._untold: dict[str, Account] = {}
        self._something = asyncio.Event()
        self._teller: asyncio.Task[None] | None = None
        self._away = False

    def __len__(self) -> int:
        return len(self._accounts)

    def charge(self, kind: str, key: str, rate: Rate, amount: float) -> Charge | None:
        """Take it, or raise ThrottleRefusal; None when only Redis can tell: `ask` then.

        What is more than the capacity takes all of it. `kind` is for `/metrics`.
        """
        account = self._account(key, rate)
        amount = min(amount, rate.capacity)
        if amount > account.level:
            # Also where Redis knows better: it knows of no less than we have spent.
            raise _empty(kind, rate, amount, account.level)
        if self._far is not None and not self._away and amount > account.left:
            return None
        return self._take(account, amount)

    async def ask(self, kind: str, key: str, rate: Rate, amount: float) -> Charge:
        """As `charge`, by what Redis says."""
        account = self._account(key, rate)
        amount = min(amount, rate.capacity)
        # Whoever hangs up leaves it running: what was told of the account must not be told twice, nor get lost.
        (granted,) = await asyncio.shield(asyncio.ensure_future(self._settle([account], amount)))
        if granted:
            return Charge(self, account, amount)
        if granted is None and account.level >= amount:
            return self._take(account, amount)
        raise _empty(kind, rate, amount, account.level)

    def look(self, key: str, rate: Rate) -> Charge:
        """How the account stands; nothing is taken."""
        return Charge(self, self._account(key, rate), 0)

    def give_back(self, account: Account, amount: float) -> None:
        account.spend(-amount)
        self._tell(account)

    async def close(self) -> None:
        """Tell Redis the rest, if it listens."""
        while self._teller is not None and not self._teller.done():
            self._teller.cancel()  # again and again: what comes amid a wait for Redis, its client takes for a timeout
            await asyncio.wait([self._teller], timeout=_BREATH_SECONDS)
        if not self._away:
            await self._tell_all()

    def _account(self, key: str, rate: Rate) -> Account:
        account, now = self._accounts.get(key), self._clock()
        if account is None or account.rate != rate:
            account = self._accounts[key] = Account(key, rate, now)
            if len(self._accounts) > self._most:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(key)
            account.fill(now)
        return account

    def _take(self, account: Account, amount: float) -> Charge:
        account.spend(amount)
        self._tell(account)
        return Charge(self, account, amount)

    def _tell(self, account: Account) -> None:
        if self._far is None or len(self._untold) >= self._most:
            return
        self._untold[account.key] = account
        if not self._something.is_set():
            self._something.set()
            if self._teller is None:
                self._teller = asyncio.create_task(self._keep_telling())

    async def _keep_telling(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(_RETRY_SECONDS if self._away else _BREATH_SECONDS)
            self._something.clear()
            await self._tell_all()

    async def _tell_all(self) -> None:
        waiting, self._untold = [*self._untold.values()], {}
        for start in range(0, len(waiting), _ASKED_AT_ONCE):
            await self._settle(waiting[start : start + _ASKED_AT_ONCE])

    async def _settle(self, accounts: Sequence[Account], wanted: float = 0) -> Sequence[bool | None]:
        """Tell Redis what was spent, hear how the accounts stand, and whether what is wanted of each was taken.

        None where Redis did not answer: whether it is away by now is another matter, as others ask beside.
        """
        assert self._far is not None
        told = [account.owed for account in accounts]
        for account in accounts:
            account.owed = 0
        try:
            outcomes = await self._far.settle(
                [Ask(a.key, a.rate, t, wanted) for a, t in zip(accounts, told, strict=True)]
            )
        except LOST as error:
            self._lost(error)
            for account, amount in zip(accounts, told, strict=True):
                account.owed += amount
                self._tell(account)
            return [None] * len(accounts)
        self._back()
        now = self._clock()
        for account, outcome in zip(accounts, outcomes, strict=True):
            account.hear(outcome.level, now)
        return [outcome.granted for outcome in outcomes]

    def _lost(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            _log.warning("budgets.alone", error=type(error).__name__)

    def _back(self) -> None:
        if self._away:
            self._away = False
            _log.info("budgets.shared")


def _empty(kind: str, rate: Rate, amount: float, level: float) -> ThrottleRefusal:
    metrics.THROTTLED.labels(kind).inc()
    wait = ceil(rate.seconds_until(amount, level) * 1_000)
    return ThrottleRefusal(
        ErrorCode.RATE_LIMITED,
        "That is too much for now: ask for less, or wait for as long as `retryAfterMs` says.",
        retry_after_ms=max(1, wait),
    )
