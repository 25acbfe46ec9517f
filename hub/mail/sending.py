"""Where mail goes: to the SMTP server of the settings; without one into the data folder, in development only."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from hub.mail.letters import Mail
from hub.settings import Settings
from hub.store.ids import new_id

_log: Any = structlog.get_logger()
_SMTP_SECONDS = 20.0
_AT_ONCE = 4
_FILES_KEPT = 200


class Mailer:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()

    async def send(self, mail: Mail) -> None:
        """Hand it to the mail server; raise `aiosmtplib.SMTPException` or OSError when that does not take it."""
        chosen = self._settings
        if chosen.smtp_url:
            await _by_smtp(chosen.smtp_url, _message(mail, chosen.mail_from))
        elif chosen.mode == "development":
            _into_folder(chosen.data_dir / "mail", mail.kind, _message(mail, chosen.mail_from))
        else:
            _log.warning("mail.not_sent", kind=mail.kind, reason="HUB_SMTP_URL is not set")

    def later(self, write: Callable[[], Awaitable[Mail | None]]) -> None:
        """Write and send after the answer, so that the answer's time tells nothing of whom it is for.

        Beyond `HUB_MAIL_QUEUE` it is dropped. What fails is logged by its kind and not tried again.
        """
        if len(self._under_way) >= self._settings.mail_queue:
            _log.warning("mail.dropped", reason="HUB_MAIL_QUEUE is reached")
            return
        task = asyncio.create_task(self._deliver(write))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def drain(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _deliver(self, write: Callable[[], Awaitable[Mail | None]]) -> None:
        kind = None
        try:
            async with self._slots:
                mail = await write()
                if mail is not None:
                    kind = mail.kind
                    await self.send(mail)
        except Exception as problem:  # nobody waits for it who could be told
            _log.warning("mail.failed", kind=kind, problem=type(problem).__name__)


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate()
    usual = {"Message-ID": make_msgid(domain=sender.rpartition("@")[2].rstrip(">")), "Auto-Submitted": "auto-generated"}
    for name, value in {**usual, **mail.headers}.items():
        message[name] = value
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


async def _by_smtp(url: str, message: EmailMessage) -> None:
    parts = urlsplit(url)
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        timeout=_SMTP_SECONDS,
    )


def _into_folder(folder: Path, kind: str, message: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{new_id()}-{kind}.eml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.as_bytes())
    for old in sorted(folder.glob("*.eml"))[:-_FILES_KEPT]:
        old.unlink(missing_ok=True)
