"""`hub doctor`: looks at everything that a deployment stands on, and says in plain words what is wrong with it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib
from rich.console import Console

from hub.live.brokers.opening import open_broker
from hub.settings import Settings, doubts, inconsistencies, unknown_variables
from hub.store.database import Database
from hub.store.instants import now
from hub.store.migrating import pending

State = Literal["ok", "warning", "wrong"]
_PATIENCE = 10.0
_SKEW, _MOST_SKEW = timedelta(seconds=1), timedelta(seconds=5)
_OLDEST_POSTGRES = 130_000
_FILES_BESIDE = 200
"""Files and connections of a process besides sockets and the database: Redis, logs, libraries."""
_COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    state: State
    says: str


Look = Callable[[Settings, int], Awaitable[list[Finding]]]


def tell(findings: list[Finding], *, as_json: bool) -> bool:
    """Print them; whether nothing is wrong."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in findings:
            state = f"[{_COLOURS[finding.state]}]{finding.state:<8}[/]"
            console.print(f"{state}{finding.about:<12}", end="")
            console.print(finding.says, markup=False)
    return all(finding.state != "wrong" for finding in findings)


async def examine(chosen: Settings, workers: int) -> list[Finding]:
    found = await asyncio.gather(*(_within(about, look, chosen, workers) for about, look in _LOOKS.items()))
    return [finding for findings in found for finding in findings]


async def _within(about: str, look: Look, chosen: Settings, workers: int) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await look(chosen, workers)
    except TimeoutError:
        return [Finding(about, "wrong", f"No answer within {_PATIENCE:.0f} seconds.")]
    except Exception as problem:  # whatever a driver raises is a finding
        return [Finding(about, "wrong", f"It cannot be used: {_reason(problem)}.")]


def _reason(problem: BaseException) -> str:
    """Its words without addresses of ours: drivers do not repeat passwords, but say the host and what it answered."""
    inner = problem.__cause__ or problem
    return (str(inner) or type(inner).__name__).strip().rstrip(".").replace("\n", " ")


async def _settings(chosen: Settings, _: int) -> list[Finding]:
    wrong = [Finding("settings", "wrong", line) for line in inconsistencies(chosen)]
    strange = [
        Finding("settings", "warning", f"{name} is set, and no setting has that name: is it misspelt?")
        for name in unknown_variables(os.environ)
    ]
    odd = [Finding("settings", "warning", line) for line in doubts(chosen)]
    return wrong + odd + strange or [Finding("settings", "ok", f"Consistent, in {chosen.mode} mode.")]


async def _secret(chosen: Settings, _: int) -> list[Finding]:
    if chosen.secret_key:
        return [Finding("secret key", "ok", f"{len(chosen.secret_key)} given.")]
    if chosen.database_url:
        says = "HUB_SECRET_KEY is empty: each process would sign with a key of its own, kept in its data folder."
        return [Finding("secret key", "wrong" if chosen.mode == "production" else "warning", says)]
    return [Finding("secret key", "ok", "None given: the data folder keeps one.")]


async def _database(chosen: Settings, workers: int) -> list[Finding]:
    database = await Database.open(chosen)
    try:
        findings = await (_postgres if database.dialect == "postgres" else _sqlite)(database, chosen, workers)
        missing = await pending(database.client, chosen)
        if missing:
            says = f"{len(missing)} missing, from {missing[0]} on: run `hub migrate`."
            return [*findings, Finding("migrations", "wrong", says)]
        return [*findings, Finding("migrations", "ok", "All are applied.")]
    finally:
        await database.close()


async def _sqlite(database: Database, chosen: Settings, workers: int) -> list[Finding]:
    (row,) = await database.fetch("select sqlite_version() as version")
    found = [Finding("database", "ok", f"SQLite {row['version']}, {chosen.tortoise_url().removeprefix('sqlite://')}.")]
    if workers > 1:
        says = f"SQLite takes one writer at a time: {workers} workers wait for each other. Set HUB_DATABASE_URL."
        found.append(Finding("database", "warning", says))
    return found


async def _postgres(database: Database, chosen: Settings, workers: int) -> list[Finding]:
    before = now()
    (row,) = await database.fetch(
        "select current_setting('server_version') as version, cast(current_setting('server_version_num') as int) as"
        " number, cast(current_setting('max_connections') as int) as most, cast(current_setting("
        "'superuser_reserved_connections') as int) as reserved, clock_timestamp() as at"
    )
    old = row["number"] < _OLDEST_POSTGRES
    says = f"PostgreSQL {row['version']}" + (": version 13 or newer is needed." if old else ".")
    return [
        Finding("database", "wrong" if old else "ok", says),
        _connections(chosen, workers, row["most"] - row["reserved"]),
        _clock(row["at"], before, now()),
    ]


def _connections(chosen: Settings, workers: int, there: int) -> Finding:
    listening = 1 if chosen.broker_url == "postgres" else 0
    wanted = workers * (chosen.database_connections + 1 + listening)
    counted = f"{workers} worker{'s' * (workers > 1)} may open {wanted} connections, the database takes {there}"
    if wanted > there:
        return Finding("connections", "wrong", f"{counted}: lower HUB_DATABASE_CONNECTIONS or raise max_connections.")
    return Finding("connections", "ok", f"{counted}.")


def _clock(theirs: datetime, before: datetime, after: datetime) -> Finding:
    skew = max(before - theirs, theirs - after, timedelta(0))
    says = f"{skew.total_seconds():.1f} s from the database's."
    if skew <= _SKEW:
        return Finding("clock", "ok", says)
    hint = " Tokens, freezes and sanctions end by these clocks: synchronise them (NTP)."
    return Finding("clock", "wrong" if skew > _MOST_SKEW else "warning", says + hint)


async def _broker(chosen: Settings, workers: int) -> list[Finding]:
    if not chosen.broker_url:
        several = workers > 1 or bool(chosen.database_url)
        says = "In process: other processes learn of comments by polling, and each counts budgets for itself."
        return [Finding("broker", "warning" if several else "ok", says if several else "In process.")]
    if chosen.broker_url == "postgres":
        return [Finding("broker", "ok", "The database wakes other processes.")]
    broker = open_broker(chosen)
    try:
        await broker.ready()
    finally:
        await broker.close()
    return [Finding("broker", "ok", "Redis answers.")]


async def _files(chosen: Settings, _: int) -> list[Finding]:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return []
    there, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = chosen.sockets_total + chosen.connections_total + chosen.database_connections + _FILES_BESIDE
    if there != resource.RLIM_INFINITY and there < wanted:
        says = (
            f"A process may open {there} files; {chosen.sockets_total} sockets (HUB_SOCKETS_TOTAL) and"
            f" {chosen.connections_total} connections (HUB_CONNECTIONS_TOTAL) want {wanted}:"
            " raise it (`ulimit -n`, `LimitNOFILE=`), or lower the settings."
        )
        return [Finding("open files", "warning", says)]
    return [Finding("open files", "ok", f"{there} for each process.")]


async def _mail(chosen: Settings, _: int) -> list[Finding]:
    if not chosen.smtp_url:
        if chosen.mode == "development":
            return [Finding("mail", "ok", f"Into the folder {chosen.data_dir / 'mail'}.")]
        says = "HUB_SMTP_URL is empty: nobody gets mail, so nobody can register or reset a password."
        return [Finding("mail", "warning", says)]
    parts = urlsplit(chosen.smtp_url)
    implicit = parts.scheme == "smtps"
    server = aiosmtplib.SMTP(
        hostname=parts.hostname, port=parts.port, use_tls=implicit, start_tls=False, timeout=_PATIENCE / 2
    )
    async with server:
        await server.ehlo()
        secure = implicit
        if not implicit and server.supports_extension("starttls"):
            await server.starttls()
            secure = True
        if parts.username:
            await server.login(unquote(parts.username), unquote(parts.password or ""))
    where = f"{parts.hostname} takes mail"
    if secure:
        return [Finding("mail", "ok", f"{where} over TLS.")]
    return [Finding("mail", "warning", f"{where}, but offers no STARTTLS: letters with links go in the clear.")]


async def _proxies(chosen: Settings, _: int) -> list[Finding]:
    wide = [proxy for proxy in chosen.trusted_proxies if ip_network(proxy, strict=False).prefixlen == 0]
    if wide:
        says = f"HUB_TRUSTED_PROXIES trusts everybody ({', '.join(wide)}): any client may say any address."
        return [Finding("proxies", "wrong", says)]
    if chosen.trusted_proxies:
        return [Finding("proxies", "ok", f"X-Forwarded-For counts from {', '.join(chosen.trusted_proxies)}.")]
    says = "None is trusted: right if clients reach the hub directly; behind a proxy all visitors share its address"
    return [Finding("proxies", "ok", f"{says} until HUB_TRUSTED_PROXIES names it.")]


async def _doors(chosen: Settings, _: int) -> list[Finding]:
    found: list[Finding] = []
    if chosen.mode == "production" and urlsplit(chosen.site_url).scheme != "https":
        says = f"HUB_SITE_URL is {chosen.site_url}: links in mail lead there. Name the https address that people open."
        found.append(Finding("addresses", "warning", says))
    if "*" in chosen.allowed_origins:
        says = "HUB_ALLOWED_ORIGINS has `*`: pages of anybody may call. Name the origins of your frontends."
        found.append(Finding("addresses", "warning", says))
    if chosen.mode == "production" and (chosen.introspection_allowed or chosen.ide_served):
        says = "The schema or GraphiQL is open (HUB_INTROSPECTION, HUB_IDE) in production: make sure that it is meant."
        found.append(Finding("addresses", "warning", says))
    return found or [Finding("addresses", "ok", f"Links lead to {chosen.site_url}.")]


_LOOKS: dict[str, Look] = {
    "settings": _settings,
    "secret key": _secret,
    "database": _database,
    "broker": _broker,
    "open files": _files,
    "mail": _mail,
    "proxies": _proxies,
    "addresses": _doors,
}
