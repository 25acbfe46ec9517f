"""How much one client may ask of the transports. Seconds, bytes, counts."""

from dataclasses import dataclass, field

from hub.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    connections_per_address: int = 1_000
    connections_total: int = 10_000
    header_deadline: float = 10.0
    body_limit: int = 262_144
    body_deadline: float = 10.0
    frame_limit: int = 65_536
    init_timeout: float = 10.0
    ping_interval: float = 20.0
    send_deadline: float = 10.0
    close_deadline: float = 2.0
    queue_limit: int = 256
    queue_bytes: int = 4_194_304
    operations_per_socket: int = 20
    messages_per_second: int = 50
    session_interval: float = 1.0
    sockets_per_address: int = 100
    sockets_per_viewer: int = 20
    sockets_total: int = 20_000
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    draft_statuses: bool = False
    metrics_token: str = field(default="", repr=False)


def limits_of(settings: Settings) -> Limits:
    return Limits(
        connections_per_address=settings.connections_per_address,
        connections_total=settings.connections_total,
        header_deadline=settings.header_deadline,
        body_limit=settings.body_limit,
        body_deadline=settings.body_deadline,
        frame_limit=settings.frame_limit,
        init_timeout=settings.socket_init_timeout,
        ping_interval=settings.socket_ping_interval,
        send_deadline=settings.socket_send_deadline,
        queue_limit=settings.socket_queue,
        operations_per_socket=settings.socket_operations,
        messages_per_second=settings.socket_messages_per_second,
        session_interval=settings.access_check_interval,
        sockets_per_address=settings.sockets_per_address,
        sockets_per_viewer=settings.sockets_per_viewer,
        sockets_total=settings.sockets_total,
        allowed_origins=settings.allowed_origins,
        trusted_proxies=settings.trusted_proxies,
        draft_statuses=settings.draft_statuses,
        metrics_token=settings.metrics_token,
    )
