"""Starting uvicorn the way the hub needs it."""

import os
import sys
from typing import Any

import uvicorn

from hub.settings import Settings

FOR_CONNECTIONS = 0.9


def serve(chosen: Settings, host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM or SIGINT; `chosen` reaches the workers by their environment."""
    options: dict[str, Any] = {"loop": "uvloop", "http": "hub.web.server.http:HttpProtocol"}
    if sys.platform == "win32":
        options = {"loop": "asyncio", "http": "h11"}
    # Then uvicorn gives up connections that are left; the rest of the grace is for the lifespan to end.
    options["timeout_graceful_shutdown"] = chosen.shutdown_grace * FOR_CONNECTIONS
    uvicorn.run(
        "hub.app:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        ws="hub.web.server.sockets:SocketProtocol",
        ws_max_size=chosen.frame_limit,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        server_header=False,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        **options,
    )


def pass_on(**settings: str) -> None:
    """Set what the workers are to read from their environment."""
    os.environ.update({f"HUB_{name.upper()}": value for name, value in settings.items()})
