from enum import Enum

import strawberry

from hub.graph.context import Info
from hub.graph.fields import shown_directives
from hub.notifications.outside.messages import public_key
from hub.version import VERSION


@strawberry.enum(description="How the service may be used right now.")
class ServiceMode(Enum):
    NORMAL = strawberry.enum_value("NORMAL", description="Everything works.")


@strawberry.type(description="How the service may be used right now.")
class ServiceStatus:
    mode: ServiceMode = strawberry.field(description="The mode.")
    reads: bool = strawberry.field(description="Whether it answers queries.")
    writes: bool = strawberry.field(description="Whether it takes mutations.")
    live: bool = strawberry.field(description="Whether it takes subscriptions.")
    suggested_poll_ms: int = strawberry.field(description="How often to ask `changes` for those who poll.")
    push_key: str | None = strawberry.field(
        description="What a browser subscribes to pushes with (`applicationServerKey`), base64url; null where nothing"
        " is pushed."
    )
    version: str = strawberry.field(description="Version of the software.")


@strawberry.type
class ServiceQueries:
    @strawberry.field(
        description="Whether and how the service works; touches no database.", directives=shown_directives(cache=5)
    )
    def status(self, info: Info) -> ServiceStatus:
        return ServiceStatus(
            mode=ServiceMode.NORMAL,
            reads=True,
            writes=True,
            live=True,
            suggested_poll_ms=int(info.context.settings.live_poll * 5_000),
            push_key=public_key(info.context.settings),
            version=VERSION,
        )
