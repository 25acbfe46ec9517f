"""The door of the event streams: who is let in at all, before anything is followed."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from hub import metrics
from hub.graph.callers import Caller
from hub.graph.documents import Operation
from hub.refusals import ErrorCode
from hub.web.addresses import Addresses
from hub.web.errors import HttpRefusal, TransportCode
from hub.web.origins import may_connect
from hub.web.requests import GraphQLRequest
from hub.web.sockets.codes import Ending
from hub.web.sockets.endpoint import RETRY_AFTER
from hub.web.sockets.operations import Ground
from hub.web.sockets.registry import Full, Registry
from hub.web.streams.frames import Frames
from hub.web.streams.stream import EventStream, Wanted
from hub.web.streams.wire import Wire


@dataclass(frozen=True, slots=True)
class Streams:
    """Event streams take the places of sockets: to us they are the same."""

    ground: Ground
    registry: Registry
    addresses: Addresses
    frames: Frames = field(default_factory=Frames)

    async def follow(
        self,
        operation: Operation,
        request: GraphQLRequest,
        caller: Caller,
        exchange: tuple[Scope, Receive, Send],
    ) -> None:
        """Answer with the subscription until it ends. Raise HttpRefusal before anything was sent."""
        scope, _, _ = exchange
        headers = Headers(scope=scope)
        if not may_connect(headers, self.ground.limits.allowed_origins):
            raise HttpRefusal(
                403,
                ErrorCode.FORBIDDEN,
                "Pages of this origin may not subscribe here: have it added to `HUB_ALLOWED_ORIGINS`.",
            )
        viewer = self.ground.viewer_of(caller)
        stream = EventStream(Wire(*exchange), self.ground, self.frames, caller.request_id)
        with (
            self._place(self.addresses.of(scope), viewer, stream),
            self.ground.sessions.open(caller, viewer, stream.sign_off) as session,
        ):
            await stream.run(session, Wanted(operation, request, headers.get("last-event-id") or None))

    @contextmanager
    def _place(self, address: str, viewer: int | None, stream: EventStream) -> Generator[None]:
        try:
            with (
                self.registry.place(address, stream),
                self.registry.seat(viewer),
                metrics.EVENT_STREAMS.track_inprogress(),
            ):
                yield
        except Full as full:
            raise _no_place(full.status) from None
        except Ending:
            raise _no_place(429) from None


def _no_place(status: int) -> HttpRefusal:
    headers = {"Retry-After": str(RETRY_AFTER)}
    return HttpRefusal(
        status,
        TransportCode.TOO_MANY_STREAMS,
        "No place for another event stream: close one, or come back after `Retry-After`.",
        headers,
    )
