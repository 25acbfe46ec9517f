from starlette.routing import BaseRoute, Route

from hub.actions.links import PATH as PARTICIPATIONS
from hub.live.backend import Backend
from hub.notifications.outside.unsubscribing import PATH
from hub.web.mail.bounces import Bounces
from hub.web.mail.participating import Participating
from hub.web.mail.unsubscribing import Unsubscribing


def mail_routes(backend: Backend) -> list[BaseRoute]:
    participating = Participating(backend)
    return [
        Route(f"{PARTICIPATIONS}{{token}}", participating.show, methods=["GET"]),
        Route(f"{PARTICIPATIONS}{{token}}/confirm", participating.confirm, methods=["POST"]),
        Route(f"{PARTICIPATIONS}{{token}}/withdraw", participating.withdraw, methods=["POST"]),
        Route(f"{PATH}{{token}}", Unsubscribing(backend).answer, methods=["GET", "POST"]),
        Route("/mail/bounces", Bounces(backend).answer, methods=["POST"]),
    ]
