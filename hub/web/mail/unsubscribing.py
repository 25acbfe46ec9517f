"""The page behind the link in a mail of notifications (RFC 8058): shown it changes nothing, posted it ends the mail."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from hub.live.backend import Backend
from hub.notifications.outside.unsubscribing import read, unsubscribe
from hub.refusals import Refusal

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail of notifications</title>
<body style="font-family: sans-serif; max-width: 36em; margin: 2em auto">{}</body></html>"""
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
                return _page(_DONE)
            read(self._backend, token)
        except Refusal:
            return _page(_FORGED, 404)
        return _page(_ASK)


def _page(words: str, status: int = 200) -> Response:
    return HTMLResponse(_PAGE.format(words), status, headers=_HEADERS)
