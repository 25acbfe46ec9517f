"""Reading the mail that the hub sent, as a person does who opens the link in it."""

import re
from typing import Any

from hub.live.backend import Backend
from hub.mail.letters import Mail
from tests.client import Client
from tests.mutations import write


class Inbox:
    """Takes all that a backend sends from now on."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._mails: list[Mail] = []
        backend.mailer.send = self._take

    async def _take(self, mail: Mail) -> None:
        self._mails.append(mail)

    async def to(self, address: str) -> list[Mail]:
        """What was sent to this address, once nothing is under way any more."""
        await self._backend.mailer.drain()
        return [mail for mail in self._mails if mail.to.casefold() == address.casefold()]

    async def link(self, address: str) -> str:
        """The token in the newest mail to this address."""
        return token_in((await self.to(address))[-1])


def token_in(mail: Mail) -> str:
    (link,) = re.findall(r"^http\S+#token=(\S+)$", mail.text, re.MULTILINE)
    assert f"#token={link}" in mail.html
    return link


async def a_member(client: Client, inbox: Inbox, given: dict[str, Any]) -> dict[str, Any]:
    """The payload of the first login of somebody who registered and opened the link."""
    await write(client, "register", **given)
    await write(client, "verifyEmail", token=await inbox.link(given["email"]))
    payload = await write(client, "login", login=given["handle"], password=given["password"])
    client._tokens[given["handle"]] = payload["accessToken"]
    return payload
