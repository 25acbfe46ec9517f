"""Composition root: settings in, an ASGI application out. The one place where all floors meet."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import traces
from hub.actions import tallying
from hub.actions.commands import guests
from hub.archive.freezing import FREEZES_DUE, TellingOfFreezes
from hub.comments.notices import COMMENTS_WRITTEN
from hub.events.notices import SEATS_FREED
from hub.events.promoting import Promoting
from hub.graph import schema
from hub.graph.callers import Caller, Callers
from hub.graph.operations import Engine
from hub.jobs import queue
from hub.jobs.handlers import Handlers
from hub.jobs.worker import Worker
from hub.live import log
from hub.live.backend import Backend
from hub.logs import configure
from hub.notifications import keeping
from hub.notifications.announcing import Announcing
from hub.notifications.automatic import keep_follows
from hub.notifications.comments import Telling
from hub.notifications.outside.by_mail import ByMail
from hub.notifications.outside.by_push import ByPush
from hub.notifications.outside.deliveries import DELIVERIES_DUE
from hub.notifications.outside.sending import Delivering
from hub.notifications.outside.ways import Way, channels_of
from hub.outgoing.https import Https
from hub.posts.commands.moving import Timer
from hub.posts.notices import POSTS_DUE
from hub.settings import Settings, settings
from hub.store import idempotency
from hub.store.instants import now
from hub.store.migrating import pending
from hub.users import registering, sessions
from hub.users.happenings import HAPPENED, INVOLVED
from hub.web.addresses import Addresses
from hub.web.connections import CONNECTIONS
from hub.web.departure import LEAVE
from hub.web.exports import Exports
from hub.web.ide.pages import Pages
from hub.web.limits import limits_of
from hub.web.mail.routes import mail_routes
from hub.web.origins import cors
from hub.web.routes import GRAPHQL, build
from hub.web.sharing.routes import sharing_routes
from hub.web.watchdog import Watchdog

_HOUR = 3_600
_FOR_JOBS = 0.7
_FOR_CLOSING = 0.05
"""Parts of the grace: so long jobs may go on; so long the rest may take at the end."""


def application() -> Starlette:
    """The hub as the environment describes it; uvicorn calls this in each worker."""
    configure()
    collect_garbage_seldom()
    return create(settings())


def collect_garbage_seldom() -> None:
    """With thousands of sockets a full collection stops everything for half a second, and hardly ever finds any. What
    is younger is looked at in portions of at most 20 ms: a wide execution leaves much of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 5, 1_000)


class Application(Starlette):
    """Starlette, past whose routing and error pages goes what is asked most: the endpoint answers its own errors."""

    graphql: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == GRAPHQL and self.graphql is not None:
            await self.graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create(chosen: Settings) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Application) -> AsyncGenerator[dict[str, Any]]:
        backend = await Backend.open(chosen)
        callers = Callers(backend)
        checks = {
            "database": lambda: backend.database.fetch("select 1 as one"),
            "migrations": lambda: _ensure_migrated(backend),
            "broker": backend.broker.ready,
        }
        web = build(Engine(backend, callers), callers, backend.relay, limits_of(chosen), checks, _viewer_of)
        app.router.routes.extend(web.routes)
        app.router.routes.extend(_pages(chosen))
        app.router.routes.extend(mail_routes(backend))
        app.router.routes.extend(sharing_routes(backend))
        app.router.routes.append(Exports(backend, callers, Addresses(chosen.trusted_proxies)).route())
        app.graphql = web.graphql
        app.state.backend = backend
        keeper = asyncio.create_task(_keep_house(backend))
        counter = asyncio.create_task(tallying.keep(backend.database, chosen, backend.relay.tell))
        if chosen.traces:
            traces.start()
        watchdog = Watchdog()
        watchdog.start()
        worker = worker_of(backend)
        worker.start()
        end_jobs = partial(worker.stop, chosen.shutdown_grace * _FOR_JOBS)

        def leave() -> None:
            end_jobs()
            web.departure.begin(chosen.shutdown_grace)

        try:
            yield {LEAVE: leave, CONNECTIONS: web.connections}
        finally:
            watchdog.stop()
            keeper.cancel()
            counter.cancel()
            end_jobs()
            await web.shutdown(chosen.shutdown_grace)
            await end_jobs()
            with suppress(TimeoutError):
                async with asyncio.timeout(chosen.shutdown_grace * _FOR_CLOSING):
                    await backend.close()
                    await asyncio.to_thread(traces.stop)

    app = Application(lifespan=lifespan, middleware=cors(chosen.allowed_origins))
    # Starlette's redirect names the scheme that it sees, which behind a proxy is the one without TLS.
    app.router.redirect_slashes = False
    return app


def _pages(chosen: Settings) -> list[BaseRoute]:
    """What is served to people who build on the API."""
    pages = Pages(GRAPHQL, lambda: schema.build().as_str())
    return pages.routes(ide=chosen.ide_served, schema=chosen.introspection_allowed)


def worker_of(backend: Backend) -> Worker:
    """Does the jobs of this process; start it, and stop it before the backend is closed."""
    worker = Worker(backend.database, handlers_of(backend), backend.settings)
    backend.relay.hear(queue.BELL, worker.wake)
    return worker


def handlers_of(backend: Backend) -> Handlers:
    """Who does which kind of job: each room's handlers are added here."""
    handlers = Handlers()
    channels, ways = channels_of(backend.settings), ways_of(backend)
    handlers.add_together(COMMENTS_WRITTEN, Telling(backend.settings.notification_batch, channels, backend.relay.tell))
    handlers.add(HAPPENED, Announcing(backend.settings.notification_batch, channels, backend.relay.tell))
    handlers.add(INVOLVED, keep_follows)
    handlers.add(DELIVERIES_DUE, Delivering(backend, channels, ways))
    handlers.add(SEATS_FREED, Promoting(backend.relay.tell))
    handlers.add(FREEZES_DUE, TellingOfFreezes(backend.relay.tell))
    handlers.add(POSTS_DUE, Timer(backend))
    return handlers


def ways_of(backend: Backend) -> dict[str, Way]:
    """How each channel leaves the house."""
    chosen = backend.settings
    pushing = Https(deadline=chosen.push_deadline, trusted=chosen.push_hosts)
    return {"EMAIL": ByMail(backend), "WEB_PUSH": ByPush(backend, pushing)}


def _viewer_of(caller: Caller) -> int | None:
    """Under whom a caller's sockets are counted: the person, else the app."""
    return caller.viewer.user_id if caller.viewer.user_id is not None else caller.viewer.app_id


async def _ensure_migrated(backend: Backend) -> None:
    await backend.database.fetch("select 1 as one")  # of one that is away Tortoise says that it lacks all of them
    if missing := await pending(backend.database.client, backend.settings):
        raise RuntimeError(f"migrations are missing: {', '.join(missing)}")


async def _keep_house(backend: Backend) -> None:
    """Once an hour drop what is older than the settings say. Several processes doing it do no harm."""
    chosen = backend.settings
    while True:
        with suppress(Exception):
            await idempotency.prune(backend.database, now() - timedelta(days=chosen.idempotency_days))
            await queue.prune(backend.database, now() - timedelta(days=chosen.jobs_dead_days))
            await backend.usage.prune(now() - timedelta(days=chosen.usage_days))
            await registering.prune(backend.database, now() - timedelta(hours=chosen.verify_hours))
            await guests.prune(backend.database, now() - timedelta(hours=chosen.verify_hours))
            await sessions.prune(backend.database, now() - timedelta(days=1))
            await keeping.prune(backend.database, chosen)
            await log.prune(backend.database, keep=chosen.log_keep, before=now() - timedelta(days=chosen.log_days))
        await asyncio.sleep(_HOUR)
