"""The door of the sockets: who is let in at all, before anything is read from them."""

from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from hub import metrics
from hub.web.addresses import Addresses
from hub.web.origins import may_connect
from hub.web.request_ids import request_id_of
from hub.web.sockets.connection import Connection
from hub.web.sockets.operations import Ground
from hub.web.sockets.registry import Full, Registry
from hub.web.sockets.wire import Wire

RETRY_AFTER = 5


@dataclass(frozen=True, slots=True)
class SocketEndpoint:
    ground: Ground
    registry: Registry
    addresses: Addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = Wire(scope, receive, send, self.ground.limits)
        await wire.opened()
        if not may_connect(wire.headers, self.ground.limits.allowed_origins):
            await wire.deny(403)
            return
        address = self.addresses.of(scope)
        connection = Connection(wire, self.ground, self.registry, address, request_id_of(wire.headers))
        try:
            with self.registry.place(address, connection), metrics.SOCKETS.track_inprogress():
                await connection.run()
        except Full as full:
            await wire.deny(full.status, RETRY_AFTER)
