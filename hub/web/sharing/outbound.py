"""`/out/ACTION`: where an action goes on. No address of a request is ever followed."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hub.actions.sending_on import address_of, count, is_person
from hub.graph.ids import row_id
from hub.live.backend import Backend
from hub.web.sharing.answers import absent, refusing

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class Outbound:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @refusing
    async def go(self, request: Request) -> Response:
        action_id = row_id(request.path_params["action"], "Action", "action")
        address = await address_of(self._backend, action_id)
        if address is None:
            raise absent()
        if is_person(request.method, request.headers):
            await count(self._backend, action_id)
        return RedirectResponse(address, 302, headers=_HEADERS)
