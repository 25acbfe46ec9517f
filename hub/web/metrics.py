"""`GET /metrics`: the numbers of this process, for whoever runs it and for nobody else."""

from dataclasses import dataclass
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response

from hub import metrics
from hub.refusals import Refusal
from hub.web.addresses import parsed
from hub.web.tokens import token_of

_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True, slots=True)
class MetricsEndpoint:
    """Without a token, only programs of this machine are answered; a proxy on it speaks for others."""

    token: str

    async def __call__(self, request: Request) -> Response:
        if not self.token:
            return _page() if _is_local(request) else Response(status_code=404)
        if _holds(request, self.token):
            return _page()
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})


def _page() -> Response:
    return Response(metrics.page(), headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})


def _is_local(request: Request) -> bool:
    peer = parsed(request.client.host) if request.client is not None else None
    return peer is not None and peer.is_loopback and not any(name in request.headers for name in _PASSED_ON)


def _holds(request: Request, token: str) -> bool:
    try:
        given = token_of(request.headers.getlist("authorization"))
    except Refusal:
        return False
    return compare_digest((given or "").encode(), token.encode())
