from hub.live.backend import Backend
from hub.partners.loaders import app_by_id
from hub.refusals import ErrorCode, Refusal, ThrottleRefusal
from hub.store.audience import Viewer
from hub.store.tables import Row

TRIES = 5


async def found_app(backend: Backend, viewer: Viewer, app_id: int, argument: str) -> Row:
    app = await app_by_id.row(backend.database, viewer, app_id)
    if app is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such app, or you may not see it: check the id.", argument)
    return app


def too_busy() -> Refusal:
    return ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too much is changing here right now: try again in a moment.", retry_after_ms=1_000
    )
