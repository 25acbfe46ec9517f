"""One event stream from its first byte to its end. Read from `run` downwards."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson
import structlog

from hub import metrics
from hub.graph.documents import BadDocument, Operation
from hub.live.groups import Delivery, TooSlow
from hub.refusals import ErrorCode, Refusal
from hub.web.errors import error, errors_body, internal_error, refused, stamped
from hub.web.requests import GraphQLRequest
from hub.web.sessions import Session
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.operations import Ground
from hub.web.sockets.outbox import Outbox, too_slow
from hub.web.sockets.send_watch import SendWatch
from hub.web.streams.frames import COMPLETE, PING, Frames, single
from hub.web.streams.wire import Wire

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`position` is where the reader says that it stands, before the operation's own `after`."""

    operation: Operation
    request: GraphQLRequest
    position: str | None


class EventSink:
    """Where the bodies of the subscription go: each into an event."""

    __slots__ = ("_frames", "_outbox")

    def __init__(self, outbox: Outbox, frames: Frames) -> None:
        self._outbox = outbox
        self._frames = frames

    def offer(self, delivery: Delivery) -> bool:
        return self._outbox.offer(self._frames.of(delivery))

    async def put(self, delivery: Delivery) -> None:
        await self._outbox.put(self._frames.of(delivery))


class EventStream:
    def __init__(self, wire: Wire, ground: Ground, frames: Frames, request_id: str) -> None:
        self._wire = wire
        self._ground = ground
        self._limits = ground.limits
        self._request_id = request_id
        self._outbox = Outbox(ground.limits, wire.push)
        self._sink = EventSink(self._outbox, frames)
        self._life: asyncio.Timeout | None = None
        self._asked = Ending(None)

    async def run(self, session: Session, wanted: Wanted) -> None:
        await self._wire.start(self._request_id)
        ending = await self._until_end(session, wanted)
        metrics.STREAM_ENDINGS.labels(_reason(ending)).inc()
        if ending is None or ending.code is not None:
            await self._close(self._last_words(ending))

    def end(self, ending: Ending) -> None:
        """From outside; what ends already goes on with its own reason."""
        self._asked = ending
        if self._life is not None:
            with suppress(RuntimeError):
                self._life.reschedule(asyncio.get_running_loop().time())

    def sign_off(self) -> None:
        self.end(Ending(CloseCode.SESSION_ENDED))

    def abort(self) -> None:
        self._wire.abort()

    async def _until_end(self, session: Session, wanted: Wanted) -> Ending | None:
        """None when all was said."""
        try:
            async with asyncio.timeout(None) as self._life:
                await self._live(session, wanted)
        except TimeoutError:
            return self._asked
        except ExceptionGroup as problems:
            return self._ending_of(problems)
        return None

    def _ending_of(self, problems: ExceptionGroup) -> Ending:
        endings, bugs = problems.split(Ending)
        if bugs is not None:
            log.error("An event stream broke.", request_id=self._request_id, exc_info=bugs)
        first = endings.exceptions[0] if endings is not None else None
        return first if isinstance(first, Ending) else Ending(CloseCode.INTERNAL)

    async def _live(self, session: Session, wanted: Wanted) -> None:
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(work) for work in (self._write(), self._ping(), self._wire.watch())]
            await self._outbox.put(await self._to_the_end(session, wanted))
            await self._outbox.drained()
            for keeper in keepers:
                keeper.cancel()

    async def _write(self) -> NoReturn:
        watch = SendWatch(self._limits.send_deadline, lambda: self.end(too_slow()))
        try:
            while True:
                event = await self._outbox.take()
                watch.begin()
                await self._wire.give(event)
                watch.done()
        finally:
            watch.stop()
            self._outbox.clear()

    async def _ping(self) -> NoReturn:
        """The first one at once: some proxies hold an answer back until there is something in it."""
        while True:
            await self._outbox.put(PING)
            await asyncio.sleep(self._limits.ping_interval)

    async def _to_the_end(self, session: Session, wanted: Wanted) -> bytes:
        """Sends all but the last events, which it returns."""
        try:
            await self._ground.engine.follow(
                wanted.operation, wanted.request.variables, session, self._request_id, self._sink, wanted.position
            )
        except Ending:
            raise
        except TooSlow:
            raise too_slow() from None
        except BadDocument as bad:
            return self._failure(bad.errors)
        except Refusal as refusal:
            return self._failure([refused(refusal)])
        except Exception:
            log.exception("A subscription broke.", request_id=self._request_id)
            return self._failure([internal_error(self._request_id)])
        return COMPLETE

    def _last_words(self, ending: Ending | None) -> bytes:
        """A reader comes back by itself where they hold no `complete`."""
        match ending.code if ending is not None else None:
            case CloseCode.SESSION_ENDED:
                return self._failure([error(ErrorCode.UNAUTHENTICATED, "The session ended. Log in again.")])
            case CloseCode.INTERNAL:
                return self._failure([internal_error(self._request_id)])
            case _:
                return b""

    def _failure(self, errors: list[dict[str, Any]]) -> bytes:
        return single(orjson.dumps(stamped(errors_body(errors), self._request_id)))

    async def _close(self, last_words: bytes) -> None:
        """Drops a peer that does not even take the end."""
        try:
            async with asyncio.timeout(self._limits.close_deadline):
                await self._wire.finish(last_words)
        except (TimeoutError, Ending):
            self.abort()
            with suppress(TimeoutError, Ending):
                async with asyncio.timeout(self._limits.close_deadline):
                    await self._wire.watch()


def _reason(ending: Ending | None) -> str:
    if ending is None:
        return "complete"
    return "gone" if ending.code is None else ending.code.name.lower()
