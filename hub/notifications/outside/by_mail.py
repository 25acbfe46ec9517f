"""The way out by mail, through the mailer, and what a mail server's answer means."""

import aiosmtplib

from hub.live.backend import Backend
from hub.notifications.outside.bounces import stop_mail
from hub.notifications.outside.judging import Judged
from hub.notifications.outside.letters import written
from hub.notifications.outside.recipients import Recipient
from hub.notifications.outside.ways import Gone, NotNow, Refused

_PERMANENT = 500
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


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
