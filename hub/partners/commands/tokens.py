from datetime import datetime
from typing import Any

from hub.audit.recording import ENTRIES, RECORD, SHELL, entry
from hub.live import log
from hub.live.backend import Backend
from hub.partners.commands.shared import found_app
from hub.partners.loaders import token_by_id
from hub.partners.notices import app_changed
from hub.partners.rules import ensure_end, ensure_manages, ensure_scopes
from hub.partners.tokens import NewToken, new_token, values_of
from hub.refusals import ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.tables import Row
from hub.text.plain import ensure_line
from hub.users.handles import handle_key
from hub.users.notices import access_changed
from hub.users.rules import ensure_signed_in

_NAME = 80
_REVOKE_ALL = Chain(
    (
        Step(
            "taken",
            """update api_tokens set revoked_at = {now} where user_id = {as_id stream} and revoked_at is null
               returning id""",
        ),
        *log.TELL,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES},
)


def _issuing(own: str) -> Chain:
    insert = f"""insert into api_tokens (id, app_id, user_id, name, digest, prefix, scopes, created_at, expires_at)
        select {{as_id id}}, {{as_id app}}, {{as_id user}}, {{as_text name}}, :digest, :prefix, {{as_json scopes}},
            {{now}}, {{as_instant expires}}
        where (select count(*) from api_tokens
               where {own} and revoked_at is null and expires_at > {{now}}) < {{as_int most}}
        returning id"""
    return Chain((Step("taken", insert), RECORD), answer="taken", records={"entries": ENTRIES})


_ISSUE_FOR_APP = _issuing("app_id = {as_id app} and user_id is null")
_ISSUE_FOR_PERSON = _issuing("user_id = {as_id user} and app_id is null")
_REVOKE = Chain(
    (
        Step(
            "taken",
            "update api_tokens set revoked_at = {now} where id = {as_id id} and revoked_at is null returning id",
        ),
        *log.TELL,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES},
)


async def issue_app_token(
    backend: Backend, viewer: Viewer, *, app_id: int, scopes: list[str], expires_at: datetime | None = None
) -> NewToken:
    """A token by which an app reads as itself, with no more than the app's scopes; its text is shown once."""
    ensure_signed_in(viewer)
    app = await found_app(backend, viewer, app_id, "appId")
    ensure_manages(viewer, app, "appId")
    ensure_working(app)
    return await make_app_token(backend, viewer, app, scopes=scopes, expires_at=expires_at)


async def make_app_token(
    backend: Backend, actor: Viewer, app: Row, *, scopes: list[str], expires_at: datetime | None = None
) -> NewToken:
    """The same without a look at who asks, for the shell."""
    kept = ensure_scopes(scopes, app["scopes"])
    token = new_token(kept, ensure_end(expires_at, backend.settings.api_token_days), app_id=app["id"])
    act = entry(actor, "app.token_issued", ("PartnerApp", app["id"]), club_id=app["club_id"], after=token.shown())
    await _issue(backend, _ISSUE_FOR_APP, token, act)
    return token


async def revoke_app_token(backend: Backend, viewer: Viewer, *, token_id: int) -> int:
    """End an app's token, and with it what is open under it; the id of the app."""
    ensure_signed_in(viewer)
    token = await _found(backend, viewer, token_id)
    if token["app_id"] is None:
        raise _not_found()
    app = await found_app(backend, viewer, token["app_id"], "id")
    ensure_manages(viewer, app, "id")
    act = entry(viewer, "app.token_revoked", ("PartnerApp", app["id"]), club_id=app["club_id"], before=_shown(token))
    await _revoke(backend, token, app_changed(app["id"]), act)
    return app["id"]


async def issue_personal_token(
    backend: Backend, viewer: Viewer, *, name: str, scopes: list[str], expires_at: datetime | None = None
) -> NewToken:
    """A token for the viewer's own scripts: it may what its scopes say, as far as the viewer may."""
    return await make_personal_token(
        backend, viewer, ensure_signed_in(viewer), name=name, scopes=scopes, expires_at=expires_at
    )


async def make_personal_token(
    backend: Backend,
    actor: Viewer,
    user_id: int,
    *,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
) -> NewToken:
    """The same for anybody, for the shell."""
    end = ensure_end(expires_at, backend.settings.api_token_days)
    label = ensure_line(name, "name", least=1, most=_NAME)
    token = new_token(ensure_scopes(scopes), end, user_id=user_id, name=label)
    act = entry(actor, "user.personal_token_issued", ("User", user_id), after=token.shown())
    await _issue(backend, _ISSUE_FOR_PERSON, token, act)
    return token


async def revoke_personal_token(backend: Backend, viewer: Viewer, *, token_id: int) -> None:
    """End one of the viewer's own tokens, and with it what is open under it."""
    user_id = ensure_signed_in(viewer)
    token = await _found(backend, viewer, token_id)
    if token["user_id"] != user_id or token["app_id"] is not None:
        raise _not_found()
    act = entry(viewer, "user.personal_token_revoked", ("User", user_id), before=_shown(token))
    await _revoke(backend, token, access_changed(user_id), act)


async def revoke_tokens_of(backend: Backend, handle: str, *, actor: Viewer = SHELL) -> int:
    """End all tokens of a person's scripts and of apps that act for the person; how many there were."""
    rows = await backend.database.fetch("select id from users where handle_key = :key", {"key": handle_key(handle)})
    if not rows:
        return 0
    user_id: int = rows[0]["id"]
    act = entry(actor, "user.api_tokens_revoked", ("User", user_id))
    ended = await _REVOKE_ALL.run(backend.database, {**access_changed(user_id), "entries": act})
    backend.relay.tell(user_id)
    return len(ended)


def ensure_working(app: Row) -> None:
    if app["status"] != "ACTIVE":
        raise Refusal(ErrorCode.CLOSED, "This app is suspended or has ended: ask an admin.", "appId")


async def _issue(backend: Backend, chain: Chain, token: NewToken, act: list[dict[str, Any]]) -> None:
    most = backend.settings.api_tokens
    if not await chain.run(backend.database, {**values_of(token), "most": most, "entries": act}):
        raise FieldRefusal(ErrorCode.INVALID, f"{most} tokens are in use: end one first.", "scopes", most=most)


async def _revoke(backend: Backend, token: Row, told: dict[str, Any], act: list[dict[str, Any]]) -> None:
    await _REVOKE.run(backend.database, {**told, "id": token["id"], "entries": act})
    backend.relay.tell(told["stream"])


async def _found(backend: Backend, viewer: Viewer, token_id: int) -> Row:
    token = await token_by_id.row(backend.database, viewer, token_id)
    if token is None:
        raise _not_found()
    return token


def _shown(token: Row) -> dict[str, Any]:
    return {"prefix": token["prefix"], "scopes": token["scopes"]}


def _not_found() -> Refusal:
    return Refusal(ErrorCode.NOT_FOUND, "There is no such token that you may end: check the id.", "id")
