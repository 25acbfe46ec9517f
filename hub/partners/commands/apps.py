from dataclasses import dataclass
from typing import Any, Literal

from hub.audit.recording import ENTRIES, RECORD, entry
from hub.audit.rules import ensure_reason
from hub.clubs.loaders import club_by_id, viewer_membership_of_club
from hub.live import log
from hub.live.backend import Backend
from hub.partners.commands.shared import TRIES, found_app, too_busy
from hub.partners.notices import app_changed
from hub.partners.rules import ensure_address, ensure_manages, ensure_origins, ensure_scopes
from hub.refusals import AccessRefusal, DuplicateRefusal, ErrorCode, FieldRefusal, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.chain import Chain, Step
from hub.store.database import UniqueViolation
from hub.store.ids import new_id
from hub.store.reader import Reader
from hub.store.sql import to_json
from hub.store.tables import Row
from hub.text.plain import ensure_line
from hub.users.rules import ensure_signed_in, ensure_standing

_NAME = 80
Status = Literal["ACTIVE", "SUSPENDED", "REVOKED"]

_CREATE = Chain(
    (
        Step(
            "taken",
            """insert into partner_apps (id, owner_id, club_id, name, name_key, homepage, scopes, allowed_origins,
                   persisted_only, created_at)
               select {as_id id}, {as_id owner}, {as_id club}, :name, :name_key, {as_text homepage},
                   {as_json scopes}, {as_json origins}, {as_bool persisted_only}, {now}
               where (select count(*) from partner_apps) < {as_int most}
               returning id""",
        ),
        log.OPEN,
        RECORD,
    ),
    answer="taken",
    records={"entries": ENTRIES},
)


def _changing(columns: str) -> Chain:
    update = f"""update partner_apps set {columns}, version = version + 1
        where id = {{as_id stream}} and version = {{as_int version}} returning id"""
    steps = (Step("taken", update), *log.TELL, RECORD)
    return Chain(steps, answer="taken", records={"facts": log.FACTS, "entries": ENTRIES})


_CHANGE = _changing(
    """name = :name, name_key = :name_key, homepage = {as_text homepage}, scopes = {as_json scopes},
       allowed_origins = {as_json origins}, persisted_only = {as_bool persisted_only}"""
)
_SET_STATUS = _changing("status = {as_text status}")


@dataclass(frozen=True, kw_only=True)
class AppText:
    """What is said of an app; `origins` are those of browsers that may use its tokens, `persisted_only` whether these
    run registered documents alone."""

    name: str
    homepage: str | None
    scopes: list[str]
    origins: list[str]
    persisted_only: bool = False


async def create_app(backend: Backend, viewer: Viewer, text: AppText, *, club_id: int | None) -> int:
    """An app of the viewer's: made by admins, and by the owner of a club for that club. Its name is nobody else's."""
    owner_id = await _ensure_may_create(backend, viewer, club_id)
    return await make_app(backend, viewer, text, owner_id=owner_id, club_id=club_id)


async def make_app(backend: Backend, actor: Viewer, text: AppText, *, owner_id: int, club_id: int | None) -> int:
    """The same without a look at who asks, for the shell."""
    values, app_id = _checked(text), new_id()
    after = {"name": values["name"], "scopes": text.scopes, "ownerId": owner_id}
    values |= {"id": app_id, "owner": owner_id, "club": club_id, "epoch": log.new_epoch()}
    values["most"] = backend.settings.apps
    values["entries"] = entry(actor, "app.created", ("PartnerApp", app_id), club_id=club_id, after=after)
    try:
        made = await _CREATE.run(backend.database, values)
    except UniqueViolation:
        raise _taken() from None
    if not made:
        most = backend.settings.apps
        raise FieldRefusal(
            ErrorCode.INVALID,
            f"There are {most} apps, and no more may be made: change one that is there.",
            "name",
            most=most,
        )
    return app_id


async def change_app(backend: Backend, viewer: Viewer, text: AppText, *, app_id: int, club_id: int | None) -> None:
    """Say other things of an app. Scopes that it loses its tokens lose at once; its club stays."""
    ensure_signed_in(viewer)
    values = _checked(text)
    for _ in range(TRIES):
        app = await _managed(backend, viewer, app_id)
        if club_id is not None and club_id != app["club_id"]:
            raise Refusal(ErrorCode.INVALID, "An app stays with its club: make another one.", "clubId")
        act = entry(
            viewer,
            "app.changed",
            ("PartnerApp", app_id),
            club_id=app["club_id"],
            before=_named(app),
            after={
                "name": values["name"],
                "scopes": text.scopes,
                "allowedOrigins": text.origins,
                "persistedOnly": text.persisted_only,
            },
        )
        try:
            taken = await _run(backend, _CHANGE, app, act, **values)
        except UniqueViolation:
            raise _taken() from None
        if taken:
            return
    raise too_busy()


async def set_app_status(
    backend: Backend, viewer: Viewer, *, app_id: int, status: Status, reason: str | None = None
) -> bool:
    """Suspend an app, let it work again, or end it for good; True when it was so already.

    Admins may do all that, others who manage it may only end it. Its tokens stop at once.
    """
    ensure_signed_in(viewer)
    why = ensure_reason(reason)
    for _ in range(TRIES):
        app = await _managed(backend, viewer, app_id)
        if app["status"] == status:
            return True
        if status != "REVOKED":
            ensure_standing(viewer, Standing.ADMIN)
        if app["status"] == "REVOKED":
            raise Refusal(ErrorCode.CLOSED, "This app has ended: make another one.", "id")
        act = entry(
            viewer,
            "app.status_set",
            ("PartnerApp", app_id),
            club_id=app["club_id"],
            before={"status": app["status"]},
            after={"status": status},
            reason=why,
        )
        if await _run(backend, _SET_STATUS, app, act, status=status):
            return False
    raise too_busy()


async def _ensure_may_create(backend: Backend, viewer: Viewer, club_id: int | None) -> int:
    user_id = ensure_signed_in(viewer)
    reader = Reader(backend.database, viewer)
    if club_id is not None and await reader.one(club_by_id, club_id) is None:
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such club, or you may not see it: check the id.", "clubId")
    if viewer.standing is Standing.ADMIN:
        return user_id
    membership = await reader.one(viewer_membership_of_club, club_id)
    if membership is None or membership["role"] != "OWNER":
        raise AccessRefusal(
            ErrorCode.FORBIDDEN, "Admins make apps, and the owners of a club for that club: ask one of them.", "clubId"
        )
    return user_id


async def _managed(backend: Backend, viewer: Viewer, app_id: int) -> Row:
    app = await found_app(backend, viewer, app_id, "id")
    ensure_manages(viewer, app, "id")
    return app


async def _run(backend: Backend, chain: Chain, app: Row, act: list[dict[str, Any]], **values: Any) -> bool:
    """False when the app was changed since it was judged."""
    told = {**app_changed(app["id"]), "version": app["version"], "entries": act}
    taken = await chain.run(backend.database, {**told, **values})
    if taken:
        backend.relay.tell(app["id"])
    return bool(taken)


def _checked(text: AppText) -> dict[str, Any]:
    name = ensure_line(text.name, "name", least=2, most=_NAME)
    return {
        "name": name,
        "name_key": name.casefold()[:_NAME],
        "homepage": ensure_address(text.homepage),
        "scopes": to_json(ensure_scopes(text.scopes)),
        "origins": to_json(ensure_origins(text.origins)),
        "persisted_only": text.persisted_only,
    }


def _named(app: Row) -> dict[str, Any]:
    return {
        "name": app["name"],
        "scopes": app["scopes"],
        "allowedOrigins": app["allowed_origins"],
        "persistedOnly": app["persisted_only"],
    }


def _taken() -> DuplicateRefusal:
    return DuplicateRefusal("Another app has this name: choose another one.", "name")
