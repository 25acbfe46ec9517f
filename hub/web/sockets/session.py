"""A socket outlives the request that began it, so who it belongs to is asked again and again."""

import asyncio
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from typing import NoReturn

import structlog

from hub.graph.operations import Caller, Callers
from hub.refusals import ErrorCode, Refusal
from hub.web.sockets.codes import CloseCode, Ending

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Session:
    """`viewer` is under what the caller's sockets are counted; nobody (None) has no session that could end."""

    def __init__(self, callers: Callers, caller: Caller, viewer: Hashable | None) -> None:
        self._callers = callers
        self.caller = caller
        self.viewer = viewer
        self.on_change: set[Callable[[], None]] = set()

    async def ensure(self) -> None:
        """Looks who the caller is now; raises `Ending` when the token expired or was revoked."""
        if self.viewer is None:
            return
        before = self.caller
        try:
            self.caller = await self._callers.renewed(self.caller)
        except Refusal as refusal:
            if refusal.code is ErrorCode.UNAUTHENTICATED:
                raise Ending(CloseCode.SESSION_ENDED, "The session ended.") from None
            raise
        if self.caller.viewer != before.viewer:
            for tell in tuple(self.on_change):
                tell()

    async def watch(self, interval: float, is_busy: Callable[[], bool]) -> NoReturn:
        """Looks every `interval` seconds while something is open, and at the moment the token expires."""
        while True:
            await asyncio.sleep(max(0, min(interval, self._seconds_left())))
            if is_busy() or self._seconds_left() <= 0:
                await self._look()

    async def _look(self) -> None:
        try:
            await self.ensure()
        except Ending:
            raise
        except Exception as problem:
            log.warning("A session could not be checked.", problem=repr(problem))

    def _seconds_left(self) -> float:
        expires_at = self.caller.expires_at
        return float("inf") if expires_at is None else (expires_at - datetime.now(UTC)).total_seconds()
