"""A member lets an app act for them, and takes it back. A grant gives the app one token for that member."""

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.live import log
from hub.live.backend import Backend
from hub.partners.commands.shared import found_app
from hub.partners.commands.tokens import ensure_working
from hub.partners.loaders import grant_of_app
from hub.partners.rules import ensure_end, ensure_scopes
from hub.partners.tokens import NewToken, new_token, values_of
from hub.refusals import ErrorCode, FieldRefusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.ids import new_id
from hub.users.notices import access_changed
from hub.users.rules import ensure_signed_in

_ENDED = Step(
    "ended",
    """update api_tokens set revoked_at = {now}
       where app_id = {as_id app} and user_id = {as_id stream} and revoked_at is null and exists (select 1 from taken)
       returning id""",
)
_GRANT = Chain(
    (
        Step(
            "taken",
            """insert into app_grants (id, app_id, user_id, scopes, since)
               select {as_id grant}, id, {as_id stream}, {as_json scopes}, {now} from partner_apps
               where id = {as_id app} and status = 'ACTIVE'
                 and ((select count(*) from app_grants where user_id = {as_id stream}) < {as_int most}
                      or exists (select 1 from app_grants where user_id = {as_id stream} and app_id = {as_id app}))
               on conflict (app_id, user_id) do update set scopes = excluded.scopes
               returning id""",
        ),
        _ENDED,
        Step(
            "issued",
            """insert into api_tokens (id, app_id, user_id, digest, prefix, scopes, created_at, expires_at)
               select {as_id id}, {as_id app}, {as_id stream}, :digest, :prefix, {as_json scopes}, {now},
                   {as_instant expires} from taken
               returning id""",
        ),
        *log.TELL,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES},
)
_REVOKE = Chain(
    (
        Step(
            "taken",
            "delete from app_grants where app_id = {as_id app} and user_id = {as_id stream} returning id",
        ),
        _ENDED,
        *log.TELL,
        RECORD,
    ),
    answer="taken",
    records={"facts": log.FACTS, "entries": ENTRIES},
)


async def grant_app(backend: Backend, viewer: Viewer, *, app_id: int, scopes: list[str]) -> NewToken:
    """Let an app act for the viewer, with no more than its own scopes; a token of an earlier grant ends.

    The token's text is shown once: the viewer, or the page that asked, hands it to the app.
    """
    user_id = ensure_signed_in(viewer)
    app = await found_app(backend, viewer, app_id, "appId")
    ensure_working(app)
    before = await grant_of_app.row(backend.database, viewer, app_id)
    end = ensure_end(None, backend.settings.api_token_days)
    token = new_token(ensure_scopes(scopes, app["scopes"]), end, app_id=app_id, user_id=user_id)
    act = entry(
        viewer,
        "app.granted",
        ("PartnerApp", app_id),
        club_id=app["club_id"],
        before={"scopes": before["scopes"]} if before else None,
        after=token.shown(),
    )
    most = backend.settings.app_grants
    values = {**values_of(token), **access_changed(user_id), "grant": new_id(), "most": most, "entries": act}
    if not await _GRANT.run(backend.database, values):
        ensure_working(await found_app(backend, viewer, app_id, "appId"))
        raise FieldRefusal(ErrorCode.INVALID, f"You let {most} apps act for you: end one first.", "appId", most=most)
    backend.relay.tell(user_id)
    return token


async def revoke_grant(backend: Backend, viewer: Viewer, *, app_id: int) -> bool:
    """The app acts for the viewer no longer, also where it does so now; True when it did not."""
    user_id = ensure_signed_in(viewer)
    app = await found_app(backend, viewer, app_id, "appId")
    grant = await grant_of_app.row(backend.database, viewer, app_id)
    if grant is None:
        return True
    before = {"scopes": grant["scopes"]}
    act = entry(viewer, "app.grant_revoked", ("PartnerApp", app_id), club_id=app["club_id"], before=before)
    taken = await _REVOKE.run(backend.database, {**access_changed(user_id), "app": app_id, "entries": act})
    backend.relay.tell(user_id)
    return not taken
