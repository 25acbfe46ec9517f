"""What is told of each operation to whoever runs the hub: one line of log, numbers, and the plans of slow ones.

A line has the request's id, the operation's name, a hash of its document, cost, statements and time. It has no
variables, no token and no body: what people write stands in none of them.
"""

import asyncio
from time import monotonic, perf_counter
from typing import Any

import structlog

from hub import metrics
from hub.graph.documents import Operation
from hub.settings import Settings
from hub.store.database import Database, StatementLog

_log: Any = structlog.get_logger()
_MOST_NAMES = 200
_LONGEST_NAME = 100
_REFUSED_A_SECOND = 5
_EXPLAINED = 20
"""Statements of one slow operation whose plan is told."""


class Watching:
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._names: set[str] = set()
        self._count = 0
        self._refused: tuple[int, int] = (0, 0)
        self._explaining: asyncio.Task[None] | None = None

    def done(
        self, operation: Operation, request_id: str, body: dict[str, Any], begun: float, statements: StatementLog
    ) -> None:
        seconds, count = perf_counter() - begun, len(statements.statements)
        cost = body["extensions"]["cost"]["requested"] if "extensions" in body else 0
        codes = sorted({error["extensions"]["code"] for error in body.get("errors", ())})
        outcome = "errors" if codes else "ok"
        metrics.of(metrics.OPERATIONS, self._name(operation), operation.kind, outcome).inc()
        metrics.of(metrics.OPERATION_SECONDS, operation.kind).observe(seconds)
        metrics.OPERATION_COST.observe(cost)
        metrics.of(metrics.OPERATION_STATEMENTS, operation.kind).observe(count)
        told = {**self._line(operation, request_id, cost, seconds), "statements": count}
        if codes:
            told["codes"] = codes
        if self._is_told():
            _log.info("operation", **told)
        if self._settings.slow_operation and seconds > self._settings.slow_operation:
            self._explain(told, statements)

    def begun(self, operation: Operation) -> None:
        """A subscription: it may last for days, and is counted now."""
        metrics.OPERATIONS.labels(self._name(operation), operation.kind, "ok").inc()

    def followed(self, operation: Operation, request_id: str, cost: int, begun: float, code: str | None) -> None:
        """A subscription is over: its reader left, or `code` says why."""
        if self._is_told():
            told = self._line(operation, request_id, cost, perf_counter() - begun)
            _log.info("operation", **told, **({"codes": [code]} if code is not None else {}))

    def refused(self, operation: Operation | None, request_id: str, code: str) -> None:
        """A mistake of the client or too much of it: told once, a few of them a second. Without an operation where it
        was refused before one was found in it."""
        if operation is not None:
            metrics.OPERATIONS.labels(self._name(operation), operation.kind, "refused").inc()
        second = int(monotonic())
        before = self._refused[1] if self._refused[0] == second else 0
        self._refused = (second, before + 1)
        if before < _REFUSED_A_SECOND:
            name = _short(operation) if operation is not None else None
            _log.info("operation.refused", request_id=request_id, operation=name, code=code)

    def _is_told(self) -> bool:
        self._count += 1
        return self._settings.log_operations > 0 and self._count % self._settings.log_operations == 0

    @staticmethod
    def _line(operation: Operation, request_id: str, cost: int, seconds: float) -> dict[str, Any]:
        return {
            "request_id": request_id,
            "operation": _short(operation),
            "kind": operation.kind,
            "document": operation.digest,
            "cost": cost,
            "ms": round(seconds * 1_000, 1),
        }

    def _name(self, operation: Operation) -> str:
        """As a label: clients make names up, and each one is kept for ever."""
        if operation.name is None:
            return "anonymous"
        if len(operation.name) > _LONGEST_NAME:
            return "other"
        if operation.name in self._names or len(self._names) < _MOST_NAMES:
            self._names.add(operation.name)
            return operation.name
        return "other"

    def _explain(self, told: dict[str, Any], statements: StatementLog) -> None:
        """One at a time: a hub that is slow is not to be made slower."""
        metrics.SLOW_OPERATIONS.inc()
        if self._explaining is None or self._explaining.done():
            self._explaining = asyncio.create_task(self._tell_plans(told, statements))
        else:
            _log.warning("operation.slow", **told)

    async def _tell_plans(self, told: dict[str, Any], statements: StatementLog) -> None:
        plans: list[dict[str, Any]] = []
        for text, values in list(zip(statements.statements, statements.values, strict=True))[:_EXPLAINED]:
            try:
                plans.append({"statement": text, "plan": await self._database.explain(text, values)})
            except Exception as problem:  # one that cannot be explained is still told
                plans.append({"statement": text, "plan": [type(problem).__name__]})
        _log.warning("operation.slow", **told, plans=plans)


def _short(operation: Operation) -> str | None:
    return operation.name[:_LONGEST_NAME] if operation.name is not None else None
