"""What outlives the request that began it, a socket or an event stream, follows who its caller is.

Promise: a session knows of each change of its caller's access as soon as this process is woken for it, at most
`HUB_LIVE_POLL` seconds late, and ends when the token expires, is revoked, or stands for nobody any more. It asks the
database only then: each person and each app has a stream of changes of access, and the process follows it once for
each one who is here, however many sessions there are. The session of an app that acts for a person follows both.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import structlog

from hub.graph.callers import Caller, Callers
from hub.live.log import Position
from hub.live.relay import Relay, Watch
from hub.refusals import ErrorCode, Refusal

_RETRY_SECONDS = 1.0
_OVER = {ErrorCode.UNAUTHENTICATED, ErrorCode.SUSPENDED, ErrorCode.BANNED}
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class SessionEnded(Refusal):
    def __init__(self) -> None:
        super().__init__(ErrorCode.UNAUTHENTICATED, "The session ended. Log in again.")


class Session:
    """`caller` is who it is now, and each of `on_change` is called after that changed.

    `viewer` is under what the caller's sessions are counted; nobody (None) has no session that could end.
    """

    def __init__(
        self, callers: Callers, caller: Caller, viewer: int | None, interval: float, on_end: Callable[[], None]
    ) -> None:
        self.caller = caller
        self.viewer = viewer
        self.on_change: set[Callable[[], None]] = set()
        self._callers = callers
        self._interval = interval
        self._on_end = on_end
        self._ended = False
        self._looked_at = asyncio.get_running_loop().time()
        self._timer: asyncio.TimerHandle | None = None
        self._await_expiry()

    async def ensure(self) -> None:
        """Raise `SessionEnded` when it is over; look who the caller is when the last look is old."""
        if self._ended:
            raise SessionEnded
        if self.viewer is not None and asyncio.get_running_loop().time() - self._looked_at >= self._interval:
            await self.renew()

    async def renew(self) -> None:
        """Look who the caller is now. Raise `SessionEnded` when that is nobody any more."""
        try:
            caller = await self._callers.renewed(self.caller)
        except Refusal as refusal:
            if refusal.code not in _OVER:
                raise
            self._end()
            raise SessionEnded from None
        self._looked_at = asyncio.get_running_loop().time()
        if _is_before(caller.as_of, self.caller.as_of) or _is_before(caller.app_as_of, self.caller.app_as_of):
            return  # a look that was begun later came back earlier
        before, self.caller = self.caller, caller
        if caller.viewer != before.viewer:
            for tell in tuple(self.on_change):
                tell()

    @property
    def streams(self) -> dict[int, Position]:
        """Whose changes of access concern the caller, and as of where they are known."""
        found: dict[int, Position] = {}
        if self.viewer is not None and self.caller.as_of is not None:
            found[self.viewer] = self.caller.as_of
        if self.caller.app_as_of is not None and (app_id := self.caller.viewer.app_id) is not None:
            found[app_id] = self.caller.app_as_of
        return found

    def lags(self, stream: int, watch: Watch) -> bool:
        """Whether this stream told something after the caller was looked up."""
        as_of = self.streams.get(stream)
        return not self._ended and (as_of is None or as_of.epoch != watch.epoch or as_of.last_seq < watch.seq)

    def close(self) -> None:
        """Whoever held it has left."""
        self._ended = True
        self.on_change.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _await_expiry(self) -> None:
        if self._ended or self.caller.expires_at is None:
            return
        left = (self.caller.expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0:
            self._end()
        else:
            self._timer = asyncio.get_running_loop().call_later(left, self._await_expiry)

    def _end(self) -> None:
        if not self._ended:
            self.close()
            self._on_end()


class Sessions:
    """All sessions of this process; `interval` is for how long a look is good for what a session begins."""

    def __init__(self, relay: Relay, callers: Callers, interval: float) -> None:
        self._relay = relay
        self._callers = callers
        self._interval = interval
        self._here: dict[int, _Presence] = {}

    @contextmanager
    def open(self, caller: Caller, viewer: int | None, on_end: Callable[[], None]) -> Generator[Session]:
        """A session while the block runs; `on_end` is called once when it ends before that."""
        session = Session(self._callers, caller, viewer, self._interval, on_end)
        try:
            with ExitStack() as attended:
                for stream, since in session.streams.items():
                    attended.enter_context(self._attend(session, stream, since))
                yield session
        finally:
            session.close()

    @contextmanager
    def _attend(self, session: Session, stream: int, since: Position) -> Generator[None]:
        if stream not in self._here:
            self._here[stream] = _Presence(self._relay, stream, since)
        presence = self._here[stream]
        presence.enter(session)
        try:
            yield
        finally:
            if presence.leave(session):
                del self._here[stream]

    @property
    def people(self) -> int:
        """How many are followed."""
        return len(self._here)


class _Presence:
    """One person or app that is here, and its stream followed for all sessions that it concerns."""

    def __init__(self, relay: Relay, stream: int, since: Position) -> None:
        self._stream = stream
        self._sessions: set[Session] = set()
        self._watch: Watch | None = None
        self._task = asyncio.create_task(self._follow(relay, since))

    def enter(self, session: Session) -> None:
        self._sessions.add(session)
        if self._watch is not None and session.lags(self._stream, self._watch):
            self._watch.ring_bell()

    def leave(self, session: Session) -> bool:
        """True when that was the last one."""
        self._sessions.discard(session)
        if self._sessions:
            return False
        self._task.cancel()
        return True

    async def _follow(self, relay: Relay, since: Position) -> None:
        async with relay.watch(self._stream, since) as self._watch:
            while (watch := self._watch) is not None and not watch.ended:
                seen = watch.stirred
                if await self._renewed(watch):
                    await watch.stir(seen)
                else:
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _renewed(self, watch: Watch) -> bool:
        """Renew what lags; False when something could not be looked up just now."""
        renewed = True
        for session in tuple(self._sessions):
            try:
                if session.lags(self._stream, watch):
                    await session.renew()
            except SessionEnded:
                continue
            except Exception as problem:
                log.warning("A session could not be checked.", problem=repr(problem))
                renewed = False
        return renewed


def _is_before(one: Position | None, other: Position | None) -> bool:
    return one is not None and other is not None and one.epoch == other.epoch and one.last_seq < other.last_seq
