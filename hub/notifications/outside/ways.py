"""The ways out, and what each says when it does not take a letter."""

from typing import Protocol

import aiosmtplib

from hub.live.backend import Backend
from hub.notifications.outside.bounces import stop_mail
from hub.notifications.outside.judging import Judged
from hub.notifications.outside.letters import written
from hub.notifications.outside.preferences import Channels
from hub.notifications.outside.recipients import Recipient
from hub.settings import Settings

_PERMANENT = 500
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


class NotNow(Exception):
    """Surely not taken; later it may be."""


class Refused(Exception):
    """Surely not taken, and never will be."""


class Gone(Exception):
    """The recipient is not there any more."""


class Way(Protocol):
    async def reaches(self, recipient: Recipient) -> bool: ...

    async def send(self, recipient: Recipient, judged: Judged, letter_id: int) -> None:
        """Raise NotNow, Refused or Gone; anything else means that it may have been taken."""
        ...


def channels_of(settings: Settings) -> Channels:
    """Mail goes out where there is a server for it, or the folder of development."""
    mail = ("EMAIL",) if settings.smtp_url or settings.mode == "development" else ()
    return Channels(mail, settings.digest_hour)


def ways_of(backend: Backend) -> dict[str, Way]:
    return {"EMAIL": ByMail(backend)}


class ByMail:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def reaches(self, recipient: Recipient) -> bool:
        return recipient.email is not None

    async def send(self, recipient: Recipient, judged: Judged, letter_id: int) -> None:
        try:
            await self._backend.mailer.send(written(self._backend, recipient, judged, letter_id))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = {one.code for one in refused.recipients}
            if codes <= _NO_SUCH_MAILBOX:
                await stop_mail(self._backend, recipient.user_id)
                raise Gone(_said(min(codes))) from None
            raise (Refused if min(codes) >= _PERMANENT else NotNow)(_said(min(codes))) from None
        except aiosmtplib.SMTPResponseException as answer:
            raise (Refused if answer.code >= _PERMANENT else NotNow)(_said(answer.code)) from None
        except (aiosmtplib.SMTPConnectError, ConnectionRefusedError) as problem:
            raise NotNow(type(problem).__name__) from None


def _said(code: int) -> str:
    """The answer's text may hold the address."""
    return f"the mail server answered {code}"
