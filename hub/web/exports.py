"""Downloads for the team: `/exports/participations/ACTION.csv` or `.jsonl`, sent as it is read.

`personal=true` opens personal answers and wants a `reason`, which the log keeps. A download that breaks off has no end
that one could take for the whole: the connection is cut.
"""

from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hub.actions.exporting import Form, begin, parts
from hub.graph.callers import Callers
from hub.graph.ids import row_id
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.web.addresses import Addresses
from hub.web.errors import error, http_refusal
from hub.web.request_ids import request_id_of
from hub.web.tokens import token_of

PATH = "/exports/participations/"
_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
_STATUS = {ErrorCode.NOT_FOUND: 404, ErrorCode.INVALID: 400, ErrorCode.REQUIRED: 400}
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Authorization"}


class Exports:
    def __init__(self, backend: Backend, callers: Callers, addresses: Addresses) -> None:
        self._backend = backend
        self._callers = callers
        self._addresses = addresses

    def route(self) -> Route:
        return Route(f"{PATH}{{action}}.{{form}}", self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        form, asked = request.path_params["form"], request.query_params
        headers = {**_HEADERS, "X-Request-Id": request_id_of(request.headers)}
        try:
            if form not in _TYPES:
                raise Refusal(ErrorCode.NOT_FOUND, "There is no such form: ask for `.csv` or `.jsonl`.")
            token = token_of(request.headers.getlist("authorization"))
            address, origin = self._addresses.of(request.scope), request.headers.get("origin")
            caller = await self._callers.of_token(token, headers["X-Request-Id"], address, origin)
            export = await begin(
                self._backend,
                caller.viewer,
                action_id=row_id(request.path_params["action"], "Action", "action"),
                form=cast("Form", form),
                personal=asked.get("personal") == "true",
                reason=asked.get("reason"),
            )
        except Refusal as refusal:
            return _refused(refusal, headers)
        named = {"Content-Disposition": f'attachment; filename="participations.{form}"'}
        return StreamingResponse(parts(self._backend, export), media_type=_TYPES[form], headers=headers | named)


def _refused(refusal: Refusal, headers: dict[str, str]) -> Response:
    found = http_refusal(refusal)
    status = _STATUS.get(refusal.code, found.status)
    body = {"errors": [error(found.code, found.message, **found.more)]}
    return JSONResponse(body, status, headers=headers | dict(found.headers))
