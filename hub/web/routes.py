"""All that the transports offer, put together for the composition root."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from hub.graph.callers import Caller, Callers
from hub.graph.operations import Engine
from hub.live.relay import Relay
from hub.web.addresses import Addresses
from hub.web.connections import Connections
from hub.web.departure import Departure
from hub.web.graphql import GraphQLEndpoint
from hub.web.health import Check, Readiness, livez
from hub.web.limits import Limits
from hub.web.metrics import MetricsEndpoint
from hub.web.mutations import Mutations
from hub.web.origins import cors
from hub.web.sessions import Sessions
from hub.web.sockets.endpoint import SocketEndpoint
from hub.web.sockets.operations import Ground
from hub.web.sockets.registry import Registry
from hub.web.streams.endpoint import Streams

GRAPHQL = "/graphql"


@dataclass(frozen=True, slots=True)
class Web:
    """`Starlette(routes=web.routes, middleware=web.middleware)`, and `web.shutdown` in the lifespan, whose state has
    `connections` under `CONNECTIONS`.

    `graphql` answers what is asked over HTTP at `/graphql`, with the middleware around it.
    """

    graphql: ASGIApp
    routes: list[BaseRoute]
    middleware: list[Middleware]
    sockets: Registry
    mutations: Mutations
    departure: Departure
    connections: Connections

    async def shutdown(self, grace: float) -> None:
        """Tells and ends all sockets and event streams, waits for begun mutations; `grace` seconds at most in all."""
        await self.departure.begin(grace)


def build(
    engine: Engine,
    callers: Callers,
    relay: Relay,
    limits: Limits,
    checks: Mapping[str, Check],
    viewer_of: Callable[[Caller], int | None],
) -> Web:
    """`viewer_of`: whose a caller's sockets are, None for nobody's."""
    addresses, mutations, registry = Addresses(limits.trusted_proxies), Mutations(), Registry(limits)
    sessions = Sessions(relay, callers, limits.session_interval)
    ground = Ground(engine, callers, sessions, limits, mutations, viewer_of)
    streams = Streams(ground, registry, addresses)
    middleware = cors(limits.allowed_origins)
    graphql = GraphQLEndpoint(engine, callers, limits, addresses, mutations, streams)
    routes: list[BaseRoute] = [
        Route(GRAPHQL, graphql),
        WebSocketRoute(GRAPHQL, SocketEndpoint(ground, registry, addresses)),
        Route("/livez", livez),
        Route("/readyz", Readiness(checks).readyz),
        Route("/metrics", MetricsEndpoint(limits.metrics_token).__call__),
    ]
    departure = Departure(engine, registry, mutations)
    front: ASGIApp = graphql
    for around in middleware:
        front = around.cls(front, *around.args, **around.kwargs)
    connections = Connections(limits, addresses)
    return Web(front, routes, middleware, registry, mutations, departure, connections)
