"""What the community of the matrix has of sessions, sanctions, apps, tokens, acts and jobs, and who sees each."""

from collections.abc import Callable
from typing import Any

from hub.audit.recording import SHELL
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.notifications.devices import register_device
from hub.notifications.outside.messages import new_pair
from hub.partners.commands.apps import AppText, make_app
from hub.partners.commands.grants import grant_app
from hub.partners.commands.tokens import issue_personal_token, make_app_token
from hub.partners.rules import SCOPES
from hub.partners.tokens import NewToken
from hub.store.audience import Standing
from hub.users.sanctioning import Laid, lay_on
from hub.users.sessions import open_session
from tests.conftest import viewer_of
from tests.mutations import row_id
from tests.permissions.roles import BANNED, SIGNED_IN, STAFF, handle_of

Keep = Callable[[str, str, frozenset[str]], str]

APPS = {
    "free": (None, "author"),
    "bound": ("Club:open", "talker"),
    "hidden": ("Club:hidden", "talker"),
}
"""Of which club each is, and whose."""


class Powers:
    def __init__(self, backend: Backend, people: dict[str, int], ids: dict[str, str], keep: Keep) -> None:
        self.backend = backend
        self.people = people
        self.ids = ids
        self._keep = keep
        self._made = 0

    async def settle(self) -> None:
        """The acts of all this, at last, are what the audit log shows."""
        await self.sanction("author", "moderator")
        await self._keep_sanction(BANNED)
        for name, (club, owner) in APPS.items():
            app = await self.app(club, owner, name)
            self._keep(f"PartnerApp:{name}", app, SIGNED_IN)
            await self.app_token(app)
            await self.revoked(await self.app_token(app))
        await self.grant(self.ids["PartnerApp:free"], "author")
        await self.personal_token("author")
        settings = self.backend.settings
        self.backend.settings = settings.model_copy(update={"push_private_key": new_pair()[0]})
        await self.device("author")
        await open_session(self.backend, self.people["author"], "phone")
        for name, state in (("waiting", "null"), ("given_up", "{now}")):
            await self._job(name, state)
        for act in await self.backend.database.fetch("select id, action from audit_log"):
            name = f"AuditLogEntry:{act['action']}:{act['id']}"
            self._keep(name, to_global("AuditLogEntry", act["id"]), frozenset({"admin"}))

    async def sanction(self, role: str, by: str, kind: str = "WARNING", standing: str = "MEMBER") -> str:
        """A fresh one, by its id."""
        actor = await viewer_of(self.backend, handle_of(by) or "")
        laid = Laid(kind, "A word.", None)
        await lay_on(self.backend, actor, self.people[role], Standing[standing], laid)
        return await self._keep_sanction(role)

    async def app(self, club: str | None, owner: str, name: str = "") -> str:
        """A fresh one, by its id."""
        self._made += 1
        text = AppText(name=f"{name} app {self._made}", homepage=None, scopes=list(SCOPES), origins=[])
        club_id = row_id(self.ids[club]) if club is not None else None
        owner_id = self.people[owner]
        return to_global("PartnerApp", await make_app(self.backend, SHELL, text, owner_id=owner_id, club_id=club_id))

    async def app_token(self, app: str, *scopes: str) -> NewToken:
        row: Any = {"id": row_id(app), "club_id": None, "scopes": list(SCOPES)}
        return await make_app_token(self.backend, SHELL, row, scopes=list(scopes))

    async def grant(self, app: str, role: str, *scopes: str) -> NewToken:
        viewer = await viewer_of(self.backend, handle_of(role) or "")
        return await grant_app(self.backend, viewer, app_id=row_id(app), scopes=list(scopes))

    async def personal_token(self, role: str, *scopes: str) -> NewToken:
        viewer = await viewer_of(self.backend, handle_of(role) or "")
        return await issue_personal_token(self.backend, viewer, name="Mine", scopes=list(scopes))

    def browser(self) -> dict[str, Any]:
        """One that nobody has registered, as `registerPushDevice` takes it."""
        self._made += 1
        keys = {"p256dh": new_pair()[1], "auth": "A" * 22}
        return {"endpoint": f"https://push.example/{self._made}", "keys": keys}

    async def device(self, role: str) -> str:
        """A fresh one, by its id."""
        viewer = await viewer_of(self.backend, handle_of(role) or "")
        given = self.browser()
        return to_global(
            "PushDevice", await register_device(self.backend, viewer, endpoint=given["endpoint"], **given["keys"])
        )

    async def revoked(self, token: NewToken) -> None:
        await self.backend.database.write("update api_tokens set revoked_at = {now} where id = :id", {"id": token.id})

    async def _keep_sanction(self, role: str) -> str:
        (row,) = await self.backend.database.fetch(
            "select id from sanctions where user_id = :user order by at desc, id desc limit 1",
            {"user": self.people[role]},
        )
        return self._keep(f"Sanction:{role}", to_global("Sanction", row["id"]), STAFF | ({role} & SIGNED_IN))

    async def _job(self, name: str, dead_at: str) -> None:
        self._made += 1
        await self.backend.database.write(
            f"""insert into jobs (id, kind, arguments, priority, run_at, attempts_limit, created_at, dead_at)
                values ({{as_id id}}, :kind, '{{}}', 1, {{now}}, 3, {{now}}, {dead_at})""",
            {"id": self._made, "kind": name},
        )
