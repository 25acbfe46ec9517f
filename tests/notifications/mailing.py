"""A hub that sends by SMTP to a mail server in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

from hub.live.backend import Backend
from hub.mail.sending import Mailer
from tests.client import Client
from tests.mail.test_mail import Desk
from tests.mutations import write
from tests.notifications.told import do_jobs


class Post(Desk):
    """What arrived, and by address what to answer to the next ones in place of taking them."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[str]] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - its name in aiosmtpd
        if self.answers.get(address):
            return self.answers[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def to(self, handle: str) -> list[Any]:
        return [message for recipients, message in self.got if recipients == [address_of(handle)]]


@asynccontextmanager
async def posted(backend: Backend, **limits: Any) -> AsyncIterator[Post]:
    keeper = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keeper, hostname="desk"), "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    backend.settings = backend.settings.model_copy(
        update={"smtp_url": url, "mail_from": "Hub <hub@hub.example>", "site_url": "https://hub.example", **limits}
    )
    backend.mailer = Mailer(backend.settings)
    yield keeper
    server.close()
    await server.wait_closed()


def address_of(handle: str) -> str:
    return f"{handle}@example.org"


async def confirmed(backend: Backend, *handles: str) -> None:
    for handle in handles:
        await backend.database.write(
            """update accounts set email = :email, email_key = :email, email_verified_at = {now}
               where id = (select id from users where handle = :handle)""",
            {"email": address_of(handle), "handle": handle},
        )


async def wants(client: Client, handle: str, frequency: str, *kinds: str, channel: str = "EMAIL", **more: Any) -> None:
    rules = [{"kind": kind, "channel": channel, "frequency": frequency} for kind in kinds or ("REPLY", "MENTION")]
    await write(client, "setNotificationRules", handle, rules=rules, **more)


async def later(backend: Backend) -> None:
    """It is the time for which everything waits, and all is done."""
    await do_jobs(backend)
    await backend.database.write("update deliveries set due_at = {now} where state = 'WAITING'")
    await backend.database.write("update jobs set run_at = {now}")
    await do_jobs(backend)


def paragraphs(message: Any) -> list[str]:
    lines = message.get_body(("plain",)).get_content().strip().splitlines()
    return "\n".join(lines).split("\n\n")
