"""Doing what is queued, here and now, and reading inboxes as their persons do."""

from typing import Any

from hub.app import handlers_of
from hub.jobs import queue
from hub.jobs.handlers import Job
from hub.jobs.kinds import Priority
from hub.live.backend import Backend
from tests.client import Client
from tests.mutations import write

_INBOX = """query ($first: Int, $after: String, $unreadOnly: Boolean! = false) { viewer {
    unread { notifications }
    notifications(first: $first, after: $after, unreadOnly: $unreadOnly) {
        nodes { id kind count actorCount text readAt actors { handle } target { __typename ... on Node { id } } }
        pageInfo { hasNextPage endCursor } } } }"""


async def do_jobs(backend: Backend) -> None:
    """All that is due, one after the other."""
    handlers = handlers_of(backend)
    while held := await queue.claim(backend.database, handlers.kinds, tuple(Priority), 10, 60):
        for one in held:
            job = Job(backend.database, one, 60)
            while await handlers.do(one, job) is not None:
                pass
            await queue.finish(backend.database, [one])


async def inbox(client: Client, handle: str, **page: Any) -> dict[str, Any]:
    """The inbox as its person sees it, with what waited told."""
    await do_jobs(client.backend)
    return (await client.data(_INBOX, handle, **page))["viewer"]


async def said(client: Client, handle: str, subject: str, body: str = "Well.", parent: str | None = None) -> str:
    more = {"parentId": parent} if parent else {}
    return (await write(client, "addComment", handle, subjectId=subject, body=body, **more))["comment"]["id"]


def texts(viewer: dict[str, Any]) -> list[str]:
    return [node["text"] for node in viewer["notifications"]["nodes"]]
