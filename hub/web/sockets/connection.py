"""One socket from its acceptance to its end. Read from `run` downwards."""

import asyncio
from contextlib import suppress
from typing import NoReturn, TypeVar

import structlog

from hub import metrics
from hub.graph.callers import Caller
from hub.refusals import Refusal, ThrottleRefusal
from hub.web.errors import Malformed
from hub.web.sockets.allowance import Allowance
from hub.web.sockets.codes import CloseCode, Ending
from hub.web.sockets.operations import Ground, Operations
from hub.web.sockets.outbox import Outbox, too_slow
from hub.web.sockets.protocol import (
    SUBPROTOCOL,
    Complete,
    Init,
    Message,
    Ping,
    Pong,
    Subscribe,
    authorization_of,
    frame,
    parsed,
)
from hub.web.sockets.registry import Registry
from hub.web.sockets.send_watch import SendWatch
from hub.web.sockets.wire import Wire
from hub.web.tokens import token_of

E = TypeVar("E", bound=BaseException)
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Connection:
    def __init__(self, wire: Wire, ground: Ground, registry: Registry, address: str, request_id: str) -> None:
        self._wire = wire
        self._ground = ground
        self._limits = ground.limits
        self._registry = registry
        self._address = address
        self._request_id = request_id
        self._outbox = Outbox(ground.limits, wire.push)
        self._allowance = Allowance(ground.limits.messages_per_second)
        self._heard_at = 0.0
        self._life: asyncio.Timeout | None = None
        self._asked = Ending(None)

    async def run(self) -> None:
        ending = await self._until_end()
        metrics.ENDINGS.labels("gone" if ending.code is None else int(ending.code)).inc()
        await self._wire.close(ending)

    def end(self, ending: Ending) -> None:
        """From outside; what ends already goes on with its own reason."""
        self._asked = ending
        if self._life is not None:
            with suppress(RuntimeError):
                self._life.reschedule(asyncio.get_running_loop().time())

    def abort(self) -> None:
        self._wire.abort()

    async def _until_end(self) -> Ending:
        try:
            async with asyncio.timeout(None) as self._life:
                await self._live()
        except TimeoutError:
            return self._asked
        except Ending as ending:
            return _bare(ending)
        except ExceptionGroup as problems:
            return self._ending_of(problems)

    def _ending_of(self, problems: ExceptionGroup) -> Ending:
        endings, bugs = problems.split(Ending)
        if bugs is not None:
            log.error("A socket broke.", request_id=self._request_id, exc_info=bugs)
        for problem in (problems, *problems.exceptions):
            _bare(problem)
        first = endings.exceptions[0] if endings is not None else None
        return first if isinstance(first, Ending) else Ending(CloseCode.INTERNAL, f"Request {self._request_id} broke.")

    async def _live(self) -> NoReturn:
        await self._wire.accept(self._request_id)
        if not self._wire.speaks_ours:
            raise Ending(CloseCode.SUBPROTOCOL, f"Only {SUBPROTOCOL} is spoken here.")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            caller = await self._introduction()
            viewer = self._ground.viewer_of(caller)
            with self._registry.seat(viewer), self._ground.sessions.open(caller, viewer, self._sign_off) as session:
                operations = Operations(self._ground, group, self._outbox, session, self._request_id)
                group.create_task(self._ping())
                await self._outbox.put(frame("connection_ack", payload={"requestId": self._request_id}))
                await self._converse(operations)

    async def _write(self) -> NoReturn:
        watch = SendWatch(self._limits.send_deadline, lambda: self.end(too_slow()))
        try:
            while True:
                text = await self._outbox.take()
                watch.begin()
                await self._wire.give(text)
                watch.done()
        finally:
            watch.stop()
            self._outbox.clear()

    def _sign_off(self) -> None:
        self.end(Ending(CloseCode.SESSION_ENDED, "The session ended."))

    async def _introduction(self) -> Caller:
        try:
            async with asyncio.timeout(self._limits.init_timeout):
                return await self._caller_of(await self._init())
        except TimeoutError:
            raise Ending(CloseCode.INIT_TIMEOUT, "Send connection_init first.") from None

    async def _init(self) -> Init:
        while True:
            match await self._next():
                case Init() as init:
                    return init
                case Ping(payload):
                    await self._outbox.put(frame("pong", payload=payload))
                case Subscribe():
                    raise Ending(CloseCode.UNAUTHORIZED, "Wait for connection_ack first.")
                case Complete() | Pong():
                    pass

    async def _caller_of(self, init: Init) -> Caller:
        try:
            token = token_of(authorization_of(init))
            origin = self._wire.headers.get("origin")
            return await self._ground.callers.of_token(token, self._request_id, self._address, origin)
        except Malformed as malformed:
            raise Ending(CloseCode.MALFORMED, malformed.message) from None
        except ThrottleRefusal as refusal:
            raise Ending(CloseCode.TRY_LATER, refusal.message) from None
        except Refusal as refusal:
            raise Ending(CloseCode.FORBIDDEN, refusal.message) from None

    async def _converse(self, operations: Operations) -> NoReturn:
        while True:
            match await self._next():
                case Subscribe() as subscribe:
                    await operations.start(subscribe)
                case Complete(operation_id):
                    operations.stop(operation_id)
                case Ping(payload):
                    await self._outbox.put(frame("pong", payload=payload))
                case Pong():
                    pass
                case Init():
                    raise Ending(CloseCode.TOO_MANY_INITS, "Send connection_init once.")

    async def _next(self) -> Message:
        text = await self._wire.take()
        self._heard_at = asyncio.get_running_loop().time()
        if not self._allowance.spend():
            most = self._limits.messages_per_second
            raise Ending(CloseCode.TOO_MANY_MESSAGES, f"A socket may send {most} messages a second.")
        try:
            return parsed(text)
        except Malformed as malformed:
            raise Ending(CloseCode.MALFORMED, malformed.message) from None

    async def _ping(self) -> NoReturn:
        interval = self._limits.ping_interval
        while True:
            await asyncio.sleep(interval)
            if asyncio.get_running_loop().time() - self._heard_at > 2 * interval:
                raise Ending(CloseCode.SILENT, "No answer to pings.")
            await self._outbox.put(frame("ping"))


def _bare(problem: E) -> E:
    """Without the frames that it came through: they hold the group of tasks, which holds it, and all of a socket would
    wait for the collector of garbage, which comes seldom."""
    problem.__traceback__ = problem.__context__ = problem.__cause__ = None
    return problem
