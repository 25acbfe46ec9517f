"""Apps, their tokens and grants, and the tokens of scripts. The author owns the app that is made for each."""

from collections.abc import Awaitable, Callable
from typing import Any

from hub.graph.ids import to_global
from tests.permissions.community import Community
from tests.permissions.deed import NOBODY_AT_ALL, Deed, Given
from tests.permissions.roles import MANAGERS, NOBODY, SIGNED_IN

_ADMIN = frozenset({"admin"})
_OWNERS = _ADMIN | {"author"}
_CLUBS_OWNERS = MANAGERS | {"author"}
_Giving = Callable[[Community, str], Awaitable[Given]]


def _new(club: str | None = None, **more: Any) -> _Giving:
    async def given(community: Community, _role: str) -> Given:
        of = {"clubId": community.ids[club]} if club is not None else {}
        return {"name": f"App {community.fresh()}", "scopes": [], **of, **more}

    return given


def _old(argument: str = "id", club: str | None = None, *, revoked: bool = False, **more: Any) -> _Giving:
    async def given(community: Community, _role: str) -> Given:
        app = await community.powers.app(club, "author", community.fresh())
        if revoked:
            await community.change(app, "partner_apps", status="REVOKED")
        named = {"name": f"App {community.fresh()}"} if "allowedOrigins" in more else {}
        return {argument: app, **named, **more}

    return given


def _token(club: str | None = None) -> _Giving:
    async def given(community: Community, role: str) -> Given:
        app = (await _old(club=club)(community, role))["id"]
        return {"id": to_global("AppToken", (await community.powers.app_token(app)).id)}

    return given


async def _granted(community: Community, role: str) -> Given:
    app = community.ids["PartnerApp:free"]
    await community.powers.grant(app, "talker" if role == NOBODY else role)
    return {"appId": app}


async def _own_token(community: Community, role: str) -> Given:
    token = await community.powers.personal_token("talker" if role == NOBODY else role)
    return {"id": to_global("AppToken", token.id)}


async def _anothers_token(community: Community, _role: str) -> Given:
    return await _own_token(community, "talker")


async def _token_of_grant(community: Community, role: str) -> Given:
    """No script's: the grant ends it."""
    token = await community.powers.grant(community.ids["PartnerApp:free"], "talker" if role == NOBODY else role)
    return {"id": to_global("AppToken", token.id)}


async def _script(_community: Community, _role: str) -> Given:
    return {"name": "Mine", "scopes": []}


_OPEN, _HIDDEN = "Club:open", "Club:hidden"
_UNSEEN = dict.fromkeys(("member", "author", "policy_team"), "NOT_FOUND")
_CHANGED: dict[str, Any] = {"scopes": [], "allowedOrigins": [], "persistedOnly": False}

DEEDS_OF_APPS = [
    Deed("saveApp", "make an app", _ADMIN, _new()),
    Deed("saveApp", "make an app of the club", MANAGERS, _new(_OPEN)),
    Deed("saveApp", "make an app of a hidden club", MANAGERS, _new(_HIDDEN), codes=_UNSEEN),
    Deed("saveApp", "change the author's app", _OWNERS, _old(**_CHANGED)),
    Deed("saveApp", "change the author's app of the club", _CLUBS_OWNERS, _old(club=_OPEN, **_CHANGED)),
    Deed("setAppStatus", "suspend an app", _ADMIN, _old(club=_OPEN, status="SUSPENDED")),
    Deed("setAppStatus", "end the author's app", _OWNERS, _old(status="REVOKED")),
    Deed("setAppStatus", "end the author's app of the club", _CLUBS_OWNERS, _old(club=_OPEN, status="REVOKED")),
    Deed(
        *("setAppStatus", "begin an ended app again", NOBODY_AT_ALL, _old(revoked=True, status="ACTIVE")),
        codes={"admin": "CLOSED"},
    ),
    Deed("issueAppToken", "make a token of the author's app", _OWNERS, _old("appId", scopes=[])),
    Deed("issueAppToken", "make one of the author's app of the club", _CLUBS_OWNERS, _old("appId", _OPEN, scopes=[])),
    Deed(
        *("issueAppToken", "make one of an ended app", NOBODY_AT_ALL, _old("appId", revoked=True, scopes=[])),
        codes=dict.fromkeys(_OWNERS, "CLOSED"),
    ),
    Deed("revokeAppToken", "end a token of the author's app", _OWNERS, _token(), "NOT_FOUND"),
    Deed("revokeAppToken", "end one of the author's app of the club", _CLUBS_OWNERS, _token(_OPEN), "NOT_FOUND"),
    Deed("revokeAppToken", "end a script's token as if it were an app's", NOBODY_AT_ALL, _own_token, "NOT_FOUND"),
    Deed("revokeAppToken", "end a grant's token as if it were the app's", _OWNERS, _token_of_grant),
    Deed("grantApp", "let an app act for one", SIGNED_IN, _old("appId", scopes=[])),
    Deed("grantApp", "let an ended app act for one", NOBODY_AT_ALL, _old("appId", revoked=True, scopes=[]), "CLOSED"),
    Deed("revokeGrant", "let it act no longer", SIGNED_IN, _granted),
    Deed("issuePersonalToken", "make a token of a script of one's own", SIGNED_IN, _script),
    Deed("revokePersonalToken", "end a token of a script of one's own", SIGNED_IN, _own_token),
    Deed("revokePersonalToken", "end a token of another's script", NOBODY_AT_ALL, _anothers_token, "NOT_FOUND"),
    Deed(
        "revokePersonalToken",
        "end a grant's token as if it were a script's",
        NOBODY_AT_ALL,
        _token_of_grant,
        "NOT_FOUND",
    ),
]
