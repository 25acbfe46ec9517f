"""The page behind the link in a mail of notifications (RFC 8058): shown it changes nothing, posted it ends the mail."""

from starlette.requests import Request
from starlette.responses import Response

from hub.live.backend import Backend
from hub.notifications.outside.unsubscribing import read, unsubscribe
from hub.refusals import Refusal
from hub.web.mail.pages import page

_TITLE = "Mail of notifications"
_ASK = '<p>Do you want no more mail of this kind?</p><form method="post"><button>No more of it</button></form>'
_DONE = "<p>You get no more mail of this kind. Your notification settings can turn it on again.</p>"
_FORGED = "<p>This link is not good. You can turn mail off in your notification settings.</p>"


class Unsubscribing:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        try:
            if request.method == "POST":
                await unsubscribe(self._backend, token)
                return page(_TITLE, _DONE)
            read(self._backend, token)
        except Refusal:
            return page(_TITLE, _FORGED, 404)
        return page(_TITLE, _ASK)
