from starlette.routing import BaseRoute, Route

from hub.live.backend import Backend
from hub.notifications.outside.unsubscribing import PATH
from hub.web.mail.bounces import Bounces
from hub.web.mail.unsubscribing import Unsubscribing


def mail_routes(backend: Backend) -> list[BaseRoute]:
    return [
        Route(f"{PATH}{{token}}", Unsubscribing(backend).answer, methods=["GET", "POST"]),
        Route("/mail/bounces", Bounces(backend).answer, methods=["POST"]),
    ]
