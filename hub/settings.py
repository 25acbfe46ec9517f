"""Every limit and address of the hub, read once from `HUB_…` variables. The README's table lists them all."""

from collections.abc import Iterable
from email.utils import parseaddr
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import parse_many
from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _known_limits(text: str) -> str:
    parse_many(text)
    return text


Names = Annotated[tuple[str, ...], NoDecode]
Limits = Annotated[str, AfterValidator(_known_limits)]
_KEY_LENGTH = 32


_SCHEMES = {
    "database_url": ("postgres://", "postgresql://", "sqlite://"),
    "broker_url": ("redis://", "rediss://", "unix://"),
    "smtp_url": ("smtp://", "smtps://"),
}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True)

    mode: Literal["production", "development"] = Field(
        "production",
        description="`development`, as in `hub demo`, opens the schema and GraphiQL; limits are the same in both.",
    )
    introspection: bool | None = Field(
        None, description="Whether the schema may be asked for; empty: only in development."
    )
    ide: bool | None = Field(
        None,
        description="Whether `/ide` serves GraphiQL; empty: only in development. `/schema` follows the line above.",
    )
    data_dir: Path = Field(Path("hub-data"), description="Folder of the embedded form: SQLite file and demo tokens.")
    database_url: str = Field(
        "", description="`postgres://USER:PASSWORD@HOST:PORT/NAME`; empty means SQLite in the data folder."
    )
    broker_url: str = Field(
        "",
        description="What wakes other processes: `redis://HOST:PORT/DB`, or `postgres` for the database itself; empty"
        " means in process.",
    )
    broker_prefix: str = Field(
        "hub", pattern=r"^[A-Za-z0-9_.:-]{1,50}$", description="First part of the broker's channel name."
    )

    site_url: str = Field("http://127.0.0.1:8000", description="Where people read; first part of every `url`.")
    site_name: str = Field(
        "Engagement Hub", min_length=1, description="What link previews and feeds call the place where people read."
    )
    sharing_seconds: int = Field(
        60, ge=1, description="Seconds that pages of posts and feeds are kept by a process and by caches."
    )
    sitemap_size: int = Field(10_000, ge=1, le=50_000, description="Addresses in one file of the sitemap.")
    sitemap_minutes: int = Field(60, ge=1, description="Minutes that the sitemap is kept likewise.")

    database_connections: int = Field(20, ge=1, description="PostgreSQL connections of one process, at most.")
    database_wait: float = Field(
        5.0, gt=0, description="Seconds to wait for a free connection, and for a new one, then 503."
    )
    statement_timeout: float = Field(
        10.0, gt=0, description="Seconds one SQL statement may run; on SQLite, wait for another process' writes."
    )
    operation_timeout: float = Field(
        15.0, gt=0, description="Seconds one query or mutation may take, the look-up of its token too."
    )

    slow_operation: float = Field(
        1.0, ge=0, description="Seconds after which an operation is logged with the plans of its statements; 0: never."
    )
    log_operations: int = Field(1, ge=0, description="One of so many operations is logged; 0: none but slow ones.")

    traces: bool = Field(
        False,
        description="Whether spans are sent by OpenTelemetry, to where its `OTEL_…` variables say; wants the extra"
        " `otel`.",
    )

    token_days: int = Field(30, ge=1, description="Days until a token of `hub token` ends.")
    secret_key: Names = Field(
        (),
        repr=False,
        description="Keys that sign links and refresh tokens, comma-separated, newest first, 32 characters or more"
        " each; empty: one that the data folder keeps. Processes that share PostgreSQL must share it.",
    )
    access_minutes: int = Field(60, ge=1, description="Minutes until a session's access token ends.")
    session_days: int = Field(30, ge=1, description="Days until a session ends that is not refreshed.")
    refresh_grace: float = Field(
        10.0, gt=0, description="Seconds in which a refresh token just used gives the same successor again."
    )
    sessions_per_person: int = Field(50, ge=1, description="Sessions of one person; a further one ends the oldest.")
    verify_hours: int = Field(48, ge=1, description="Hours until a link that verifies an address ends.")
    reset_minutes: int = Field(60, ge=1, description="Minutes until a link that resets a password ends.")
    smtp_url: str = Field(
        "",
        repr=False,
        description="`smtp://USER:PASSWORD@HOST:PORT`, or `smtps://…` for TLS from the start; empty: mail goes into the"
        " data folder in development, and nowhere in production.",
    )
    mail_from: str = Field("Engagement Hub <hub@localhost>", description="Sender of mail.")
    mail_queue: int = Field(1_000, ge=1, description="Mails of one process that may wait for the mail server.")
    api_token_days: int = Field(
        365, ge=1, description="Days until a token of an app or script ends, unless it is to end sooner."
    )
    api_tokens: int = Field(20, ge=1, le=100, description="Good tokens of one app, or of one person's scripts.")
    apps: int = Field(100, ge=1, le=100, description="Partner apps, ended ones too.")
    app_grants: int = Field(50, ge=1, le=100, description="Apps that one member may let act for them.")
    password_hashers: int = Field(2, ge=1, description="Passwords hashed at the same time in one process.")
    password_queue: int = Field(64, ge=1, description="Passwords that may wait for that; more are refused.")
    password_wait: float = Field(
        5.0, gt=0, description="Seconds until a password must have been hashed; less than `HUB_OPERATION_TIMEOUT`."
    )
    idempotency_days: int = Field(7, ge=1, description="Days that an idempotency key is remembered.")

    page_size: int = Field(100, ge=1, description="Largest `first` or `last`.")
    ids_limit: int = Field(100, ge=1, description="Longest list of ids in one argument.")
    document_tokens: int = Field(2_000, ge=10, description="Tokens in one document.")
    document_characters: int = Field(100_000, ge=100, description="Characters in one document.")
    document_wait: float = Field(
        0.5, gt=0, description="Seconds that a large document not seen before may wait for others to be read."
    )
    document_depth: int = Field(20, ge=1, description="Nesting of fields in one document.")
    document_aliases: int = Field(50, ge=0, description="Aliases in one operation, fragments counted where used.")
    document_fields: int = Field(300, ge=1, description="Fields in one selection set, fragments counted where used.")
    document_comparisons: int = Field(
        10_000, ge=100, description="Pairs of fields of one name in one document that are compared, twice that roughly."
    )
    document_directives: int = Field(50, ge=0, description="Directives in one operation, fragments counted where used.")
    document_nesting: int = Field(100, ge=1, le=100, description="Nesting of fields and fragments in one document.")
    document_operations: int = Field(10, ge=1, description="Operations in one document.")
    document_mutations: int = Field(10, ge=1, description="Mutation fields in one operation.")
    document_cost: int = Field(400_000, ge=1, description="Cost of one operation: rows it may touch, roughly.")
    executed_values: int = Field(
        40_000,
        ge=1,
        description="Objects and fields in an answer that is executed field by field, for want of a plan.",
    )
    documents_file: Path | None = Field(
        None, description="Documents of frontends' builds, by id; empty: `documents.json` in the data folder."
    )
    documents_automatic: int = Field(
        1_000,
        ge=0,
        description="Documents kept in memory by the SHA-256 sent along, one for each 1,000 characters begun; 0: none.",
    )
    documents_only: bool = Field(
        False, description="Whether only documents of `HUB_DOCUMENTS_FILE` are run, by their ids or as they are."
    )
    errors_shown: int = Field(10, ge=1, le=100, description="Errors that one answer lists.")
    documents_cached: int = Field(
        500, ge=1, description="Parsed and judged documents kept in memory, one for each 1,000 characters begun."
    )

    plans: bool = Field(True, description="Whether a query that comes again is answered by one statement made for it.")
    plans_cached: int = Field(500, ge=1, description="Such plans kept in memory.")
    plan_sights: int = Field(2, ge=1, description="Times that a query must come until a plan is made for it.")
    plan_misses: int = Field(
        20, ge=1, description="Times within a minute that a plan may find no answer; then it rests for a minute."
    )
    plans_shadowed: int = Field(
        0, ge=0, description="One of so many answers of plans is also executed field by field and compared; 0: none."
    )

    cost_per_minute: int = Field(
        12_000_000, ge=1, description="Cost that one person may spend in a minute; saved up to as much."
    )
    address_cost_per_minute: int = Field(
        30_000_000, ge=1, description="The same for all who send no token from one address (IPv6: one /64)."
    )
    app_cost_per_minute: int = Field(30_000_000, ge=1, description="The same for one app, for all whom it serves.")
    usage_days: int = Field(90, ge=1, description="Days that what an app used is kept, by the hour.")
    logins_per_account: Limits = Field(
        "10/minute; 100/hour",
        description="Attempts to sign in under one handle or e-mail address; as many to give one's password again.",
    )
    logins_per_address: Limits = Field("60/minute; 600/hour", description="Attempts to sign in from one address.")
    registrations_per_account: Limits = Field("60/hour", description="Attempts to register one e-mail address.")
    registrations_per_address: Limits = Field(
        "60/minute; 600/hour", description="Attempts to register from one address."
    )
    resets_per_account: Limits = Field(
        "5/hour; 20/day", description="Links to reset the password, asked for one handle or e-mail address."
    )
    resets_per_address: Limits = Field("20/minute; 200/hour", description="The same from one address.")
    participation_mails_per_account: Limits = Field(
        "5/hour; 20/day", description="Mails to confirm a participation, asked for one e-mail address."
    )
    participation_mails_per_address: Limits = Field("20/minute; 200/hour", description="The same from one address.")
    receipts_per_address: Limits = Field(
        "20/minute; 100/hour", description="Tries to withdraw by a receipt, from one address."
    )
    comment_burst: int = Field(60, ge=1, description="Comments that one person may write at once.")
    comments_per_second: float = Field(1.0, gt=0, description="Comments that one person may write each second after.")

    draft_statuses: bool = Field(
        False,
        description="Whether HTTP has the status codes of the 2026-08 draft of GraphQL over HTTP: 422 for what does not"
        " fit the schema, 294 for partial data.",
    )
    connections_per_address: int = Field(
        1_000,
        ge=1,
        description="HTTP connections of one address (IPv6: one /64) to one process; proxies have no limit.",
    )
    connections_total: int = Field(10_000, ge=1, description="HTTP connections of one process.")
    header_deadline: float = Field(
        10.0, gt=0, description="Seconds until the headers of an HTTP request must be there."
    )
    body_limit: int = Field(262_144, ge=1_024, description="Bytes of one HTTP body.")
    body_deadline: float = Field(10.0, gt=0, description="Seconds until an HTTP body must have arrived.")
    frame_limit: int = Field(65_536, ge=1_024, description="Bytes of one socket message from a client.")
    socket_init_timeout: float = Field(10.0, gt=0, description="Seconds until `connection_init` must come.")
    socket_ping_interval: float = Field(20.0, gt=0, description="Seconds between server pings.")
    socket_send_deadline: float = Field(10.0, gt=0, description="Seconds until a frame must be taken.")
    socket_queue: int = Field(256, ge=1, description="Frames that may wait for a slow reader.")
    socket_operations: int = Field(20, ge=1, description="Operations at the same time on one socket.")
    socket_messages_per_second: int = Field(50, ge=1, description="Messages per second from one socket.")
    sockets_per_address: int = Field(100, ge=1, description="Sockets of one address (IPv6: one /64).")
    sockets_per_viewer: int = Field(20, ge=1, description="Sockets of one person.")
    sockets_total: int = Field(20_000, ge=1, description="Sockets of one process.")
    access_check_interval: float = Field(
        1.0, gt=0, description="Seconds for which a socket's look at its token and viewer is good for new operations."
    )
    allowed_origins: Names = Field(
        (), description="Origins of browsers, comma-separated, that may call from another host."
    )
    trusted_proxies: Names = Field(
        (), description="Addresses or networks, comma-separated, whose X-Forwarded-For counts."
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="Bearer token that `/metrics` asks for; empty: it is shown to programs of the same machine only.",
    )
    shutdown_grace: float = Field(10.0, gt=0, description="Seconds from SIGTERM to the end of the process.")

    live_poll: float = Field(1.0, gt=0, description="Seconds between looks at watched streams; catches lost wake-ups.")
    live_queue: int = Field(
        1_000, ge=1, description="Newest notices of a stream kept in memory; who falls further behind is too slow."
    )
    slow_readers: Literal["close", "resync"] = Field(
        "close", description="What becomes of who is too slow: `close` (4508), or `resync`, which skips to the end."
    )
    reconnect_jitter: float = Field(
        5.0, gt=0, description="Seconds over which clients are asked to spread their return after a shutdown."
    )
    live_body_seconds: float = Field(10.0, gt=0, description="Seconds that an encoded body is kept for others.")
    live_tally_interval: float = Field(2.0, gt=0, description="Seconds between two `TallyChanged` of one subject.")
    tally_stream_least_ms: int = Field(250, ge=1, description="Shortest `intervalMs` of `tallyStream`.")
    live_heartbeat: float = Field(30.0, gt=0, description="Seconds of silence until a `Heartbeat`.")
    live_replay: int = Field(1_000, ge=1, description="Notices read from the log at once.")
    log_keep: int = Field(100_000, ge=1, description="Notices kept of each stream.")
    log_days: int = Field(90, ge=1, description="Days that a notice is kept.")

    jobs_workers: int = Field(
        10, ge=0, description="Jobs done at the same time in one process, those that share statements as one; 0: none."
    )
    jobs_poll: float = Field(1.0, gt=0, description="Seconds between looks for jobs; catches lost wake-ups.")
    jobs_gap: float = Field(
        0.1, gt=0, description="Seconds between looks for jobs at the least, so that a rush is taken together."
    )
    jobs_lease: float = Field(60.0, gt=0, description="Seconds until a job of a process that died is taken by another.")
    jobs_retry: float = Field(5.0, gt=0, description="Seconds until a failed job is tried again, doubled each time.")
    jobs_retry_longest: float = Field(3_600.0, gt=0, description="Seconds that such a wait is at most.")
    jobs_crashes: int = Field(
        3, ge=1, description="Times that a process may die under a job, without progress, until it is given up."
    )
    jobs_dead_days: int = Field(30, ge=1, description="Days that a job that was given up is kept.")

    public_url: str = Field(
        "",
        description="Where browsers and mail programs reach this API, for links in mail and feeds; empty:"
        " `HUB_SITE_URL`.",
    )
    mail_per_day: int = Field(
        20,
        ge=1,
        description="Mails of notifications that one person gets in a day; the rest comes with the next digest.",
    )
    digest_hour: int = Field(8, ge=0, le=23, description="Hour of a person's day at which digests come.")
    delivery_batch: int = Field(50, ge=1, description="People whose mail or push is sent together.")
    delivery_tries: int = Field(6, ge=1, description="Times that a mail or push is tried which is not taken for now.")
    delivery_days: int = Field(90, ge=1, description="Days that the outcome of a mail or push is kept.")
    bounce_token: str = Field(
        "", repr=False, description="Bearer token with which bounces are told to `/mail/bounces`; empty: it is closed."
    )
    push_private_key: str = Field(
        "",
        repr=False,
        pattern=r"^([A-Za-z0-9_-]{43})?$",
        description="Private key of web push, from `hub push-keys`; empty: nothing is pushed. Browsers registered under"
        " another one must register anew.",
    )
    push_contact: str = Field(
        "",
        pattern=r"^((mailto:[^@\s]+@|https://)[^@\s]+)?$",
        description="`mailto:` or `https://` address where push services reach the operator; empty: that of"
        " `HUB_MAIL_FROM`.",
    )
    push_devices: int = Field(
        10, ge=1, le=100, description="Browsers of one person that get pushes; a further one replaces the oldest."
    )
    push_hosts: Names = Field(
        (),
        description="`HOST` or `HOST:PORT` of push services, comma-separated, that may lie in your own network; all"
        " others are asked at public addresses and port 443 only.",
    )
    push_deadline: float = Field(10.0, gt=0, description="Seconds that a push service may take.")
    notification_days: int = Field(
        180, ge=1, description="Days that an entry of an inbox is kept that was read, after the last of it happened."
    )

    notification_batch: int = Field(500, ge=1, description="People whose inboxes are written together.")

    tally_interval: float = Field(1.0, gt=0, description="Seconds between two batches of an action's tally.")
    tally_batch: int = Field(5_000, ge=1, description="Participations that one statement counts.")
    export_batch: int = Field(1_000, ge=1, description="Rows of an export that are in memory together.")
    participation_queue: int = Field(2_000, ge=1, description="Participations that may wait for one busy action.")
    participation_batch: int = Field(200, ge=1, description="Waiting participations of one action written together.")
    participation_burst: int = Field(
        60, ge=1, description="Times that one person, or one address without a login, may take part at once."
    )
    participations_per_second: float = Field(
        1.0, gt=0, description="Times that one person, or one address without a login, may take part each second after."
    )

    comment_length: int = Field(20_000, ge=1, description="Characters of one comment.")
    comment_depth: int = Field(32, ge=1, description="Depth of a comment tree; deeper replies are refused.")
    comment_queue: int = Field(1_000, ge=1, description="Comments that may wait for one busy subject.")
    comment_batch: int = Field(100, ge=1, description="Waiting comments written together.")
    edit_window: int = Field(3_600, ge=0, description="Seconds in which an author may edit a comment; 0: ever.")
    title_length: int = Field(200, ge=1, description="Characters of a title.")
    body_length: int = Field(50_000, ge=1, description="Characters of a thread's or post's text.")
    post_additions: int = Field(
        100, ge=1, le=100, description="Updates of one post, and as many official responses to it."
    )
    post_translations: int = Field(50, ge=1, le=100, description="Languages into which one post is translated.")
    topics: int = Field(100, ge=1, le=100, description="Topics of posts.")
    reaction_kinds: Names = Field(
        ("like", "heart", "celebrate", "support"), description="Reactions that can be given, comma-separated."
    )

    @field_validator("database_url", "broker_url", "smtp_url")
    @classmethod
    def _known(cls, url: str, info: ValidationInfo) -> str:
        schemes = _SCHEMES[info.field_name or ""]
        if url and not url.startswith(schemes) and (info.field_name, url) != ("broker_url", "postgres"):
            raise ValueError(f"begins with {' or '.join(schemes)}, or is empty")
        return url

    @field_validator("broker_url")
    @classmethod
    def _fits(cls, url: str, info: ValidationInfo) -> str:
        if url == "postgres" and not info.data.get("database_url", "postgres").startswith("postgres"):
            raise ValueError("`postgres` wakes by the database, which must be PostgreSQL: set HUB_DATABASE_URL too")
        return url

    @field_validator("site_url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not _is_origin(url):
            raise ValueError("begins with http:// or https:// and a host, without a path, e.g. https://hub.example")
        return url

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != "*" and not _is_origin(origin):
                raise ValueError(f"`{origin}` is no origin: write https://host or https://host:port, without a path")
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy, strict=False)
            except ValueError:
                raise ValueError(f"`{proxy}` is no address or network: write 10.0.0.7 or 10.0.0.0/8") from None
        return proxies

    @field_validator("secret_key")
    @classmethod
    def _long(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < _KEY_LENGTH for key in keys):
            raise ValueError(f"a key has {_KEY_LENGTH} characters or more")
        return keys

    @field_validator("reaction_kinds", "allowed_origins", "trusted_proxies", "secret_key", "push_hosts", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @property
    def introspection_allowed(self) -> bool:
        return self.mode == "development" if self.introspection is None else self.introspection

    @property
    def ide_served(self) -> bool:
        return self.mode == "development" if self.ide is None else self.ide

    @property
    def here(self) -> str:
        """The beginning of the addresses that this server answers."""
        return (self.public_url or self.site_url).rstrip("/")

    def tortoise_url(self) -> str:
        return self.database_url or f"sqlite://{self.data_dir.resolve()}/hub.sqlite3"


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)


def inconsistencies(chosen: Settings) -> list[str]:
    """One line for each setting that is right by itself, and beside another lets no server work."""
    wrong: list[str] = []
    if chosen.mode == "production" and chosen.database_url and not chosen.secret_key:
        wrong.append("HUB_SECRET_KEY is missing: all processes of one database need the same keys.")
    if chosen.traces and not _is_there("opentelemetry.exporter.otlp.proto.http"):
        wrong.append("HUB_TRACES wants the extra `otel`: python -m pip install 'engagement-hub[otel]'.")
    return wrong


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of what stands above it
        return False


def doubts(chosen: Settings) -> list[str]:
    """One line for each setting that cannot do what it says beside another; a server works all the same."""
    wrong: list[str] = []
    if chosen.password_wait >= chosen.operation_timeout:
        wrong.append("HUB_PASSWORD_WAIT is not less than HUB_OPERATION_TIMEOUT: nobody signs in when many do.")
    if chosen.database_wait >= chosen.operation_timeout:
        wrong.append("HUB_DATABASE_WAIT is not less than HUB_OPERATION_TIMEOUT: it never counts.")
    if chosen.jobs_retry > chosen.jobs_retry_longest:
        wrong.append("HUB_JOBS_RETRY is more than HUB_JOBS_RETRY_LONGEST: the first wait is the shortest.")
    if chosen.comment_batch > chosen.comment_queue:
        wrong.append("HUB_COMMENT_BATCH is more than HUB_COMMENT_QUEUE: so many never wait.")
    if chosen.push_private_key and not chosen.push_contact and parseaddr(chosen.mail_from)[1].endswith("@localhost"):
        wrong.append("HUB_PUSH_CONTACT is empty and HUB_MAIL_FROM local: some push services take nothing then.")
    if chosen.sockets_per_viewer > chosen.sockets_total or chosen.sockets_per_address > chosen.sockets_total:
        wrong.append("HUB_SOCKETS_TOTAL is less than one person or address may have.")
    if chosen.connections_per_address > chosen.connections_total:
        wrong.append("HUB_CONNECTIONS_TOTAL is less than one address may have.")
    return wrong


def unknown_variables(names: Iterable[str]) -> list[str]:
    """What looks like a setting and is none; those of the tests are not ours to judge."""
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    return sorted(n for n in names if n.startswith("HUB_") and not n.startswith("HUB_TEST_") and n not in known)


@cache
def settings() -> Settings:
    return Settings()  # pyright: ignore[reportCallIssue] - the defaults stand in the fields
