"""The way out by push: to all browsers of a person at once, through the push service of each."""

import asyncio

from hub.live.backend import Backend
from hub.notifications.outside.judging import Judged
from hub.notifications.outside.messages import message_of, sealed, signature
from hub.notifications.outside.recipients import Recipient
from hub.notifications.outside.ways import Gone, NotNow, Refused
from hub.outgoing.places import host_of
from hub.outgoing.sender import Answer, Forbidden, NotReached, Sender
from hub.store.database import Record

_TTL = 86_400
"""Seconds for which a push service keeps what it cannot hand over yet."""
_SURE = (NotNow, Refused, Gone)
_TAKEN = range(200, 300)
_GONE = {404, 410}
_NOT_NOW = {429, 500, 503}
_REFUSED = range(300, 500)


class ByPush:
    def __init__(self, backend: Backend, sender: Sender) -> None:
        self._backend = backend
        self._sender = sender

    async def reaches(self, recipient: Recipient) -> bool:
        return bool(await self._devices(recipient.user_id))

    async def send(self, recipient: Recipient, judged: Judged, letter_id: int) -> None:
        """Taken once one browser's service took it: to try the others again would tell that one twice."""
        message = message_of(judged, letter_id, self._backend.settings.site_url.rstrip("/"))
        devices = await self._devices(recipient.user_id)
        sent = (self._to(device, message) for device in devices)
        ends = await asyncio.gather(*sent, return_exceptions=True)
        if not ends:
            raise Gone("no browser is left")
        problems = [end for end in ends if end is not None]
        if len(problems) == len(ends):
            raise min(problems, key=_doubt)

    async def _to(self, device: Record, message: bytes) -> None:
        chosen = self._backend.settings
        try:
            host = host_of(device["endpoint"], chosen.push_hosts)
            headers = {
                "authorization": signature(chosen, host.origin),
                "content-encoding": "aes128gcm",
                "content-type": "application/octet-stream",
                "ttl": str(_TTL),
                "urgency": "normal",
            }
            answer = await self._sender.post(device["endpoint"], headers=headers, body=sealed(message, device))
        except Forbidden:
            raise Refused("the push service's address is not to be asked") from None
        except NotReached as problem:
            raise NotNow(str(problem)) from None
        await self._judge(answer, device)

    async def _judge(self, answer: Answer, device: Record) -> None:
        said = f"the push service answered {answer.status}"
        if answer.status in _TAKEN:
            return
        if answer.status in _GONE:
            await self._backend.database.write("delete from push_devices where id = {as_id id}", {"id": device["id"]})
            raise Gone(said)
        if answer.status in _NOT_NOW:
            raise NotNow(said, answer.retry_after or 0.0)
        if answer.status in _REFUSED:
            raise Refused(said)
        raise RuntimeError(said)  # one behind a gateway may have taken it

    async def _devices(self, user_id: int) -> list[Record]:
        return await self._backend.database.fetch(
            "select id, endpoint, p256dh, auth from push_devices where user_id = :user order by at desc, id desc",
            {"user": user_id},
        )


def _doubt(problem: BaseException) -> int:
    """What may have been taken comes first, then what surely was not, then what never will be."""
    return next((place for place, kind in enumerate(_SURE) if isinstance(problem, kind)), -1)
