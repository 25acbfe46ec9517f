"""The page behind the link in the mail to who takes part without an account: shown it changes nothing, posted it
confirms or takes back."""

from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from hub.actions.commands.confirming import confirm, linked, withdraw_by_link
from hub.live.backend import Backend
from hub.refusals import Refusal
from hub.web.mail.pages import page

_TITLE = "Taking part"
_FORM = '<form method="post" action="{token}/{deed}"><button>{words}</button></form>'
_SHOWN = {
    "PENDING_VERIFICATION": ("<p>Do you take part in “{title}”?</p>", ("confirm", "Yes, count me")),
    "COUNTED": ("<p>You take part in “{title}”. Your receipt is {receipt}.</p>", ("withdraw", "Take it back")),
    "WITHDRAWN": ("<p>You do not take part in “{title}” any more.</p>", None),
    "INVALIDATED": ("<p>This participation in “{title}” does not count.</p>", None),
}


class Participating:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def show(self, request: Request) -> Response:
        return await self._shown(request.path_params["token"])

    async def confirm(self, request: Request) -> Response:
        return await self._done(request, confirm)

    async def withdraw(self, request: Request) -> Response:
        return await self._done(request, withdraw_by_link)

    async def _done(self, request: Request, deed: Callable[[Backend, str], Awaitable[bool]]) -> Response:
        token = request.path_params["token"]
        try:
            await deed(self._backend, token)
        except Refusal as refusal:
            return _refused(refusal)
        return await self._shown(token, base="../")

    async def _shown(self, token: str, base: str = "") -> Response:
        try:
            found = await linked(self._backend, token)
        except Refusal as refusal:
            return _refused(refusal)
        words, offer = _SHOWN[found.status]
        said = words.format(title=escape(found.title), receipt=found.receipt)
        form = _FORM.format(token=f"{base}{token}", deed=offer[0], words=offer[1]) if offer else ""
        return page(_TITLE, said + form)


def _refused(refusal: Refusal) -> Response:
    return page(_TITLE, f"<p>{escape(refusal.message)}</p>", 404 if refusal.path == ("token",) else 409)
