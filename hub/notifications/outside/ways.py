"""The ways out, and what each says when it does not take a letter."""

from typing import Protocol

from hub.notifications.outside.judging import Judged
from hub.notifications.outside.preferences import Channels
from hub.notifications.outside.recipients import Recipient
from hub.settings import Settings


class NotNow(Exception):
    """Surely not taken; later it may be, at the earliest `after` so many seconds."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


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
    """Mail goes out where there is a server for it, or the folder of development; pushes where there is a key."""
    mail = ("EMAIL",) if settings.smtp_url or settings.mode == "development" else ()
    push = ("WEB_PUSH",) if settings.push_private_key else ()
    return Channels((*mail, *push), settings.digest_hour)
