"""One community with a thing of each kind and visibility, and who sees each."""

import uuid
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher

from hub.graph.ids import to_global
from hub.store.audience import Standing
from hub.store.instants import now
from hub.users.commands import add_person, ban, issue_token, set_role
from tests.client import Client
from tests.mutations import row_id, write
from tests.permissions.powers import Powers
from tests.permissions.roles import ALL, BANNED, CLUB, IN_CLUB, PLATFORM, SEEN_BY, STAFF, TEAM, handle_of

KINDS = ("Thread", "Post", "Event")
PASSWORD = "a long enough secret"
_HASHED = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


class Community:
    """`seen` says for each id, a thing of the matrix, in which roles it is seen."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.backend = client.backend
        self.database = client.backend.database
        self.seen: dict[str, frozenset[str]] = {}
        self.ids: dict[str, str] = {}
        self.people: dict[str, int] = {}
        self.comments: dict[str, list[str]] = {}
        self.powers = Powers(self.backend, self.people, self.ids, self._keep)
        self._place = 0

    async def settle(self) -> "Community":
        for role in (*PLATFORM, *CLUB, BANNED, "talker"):
            handle = handle_of(role) or ""
            self.people[role] = await add_person(
                self.database, handle=handle, name=role, email=f"{handle}@example.org", hashed=_HASHED
            )
            self._keep(f"User:{role}", to_global("User", self.people[role]), ALL)
        for role in ("policy_team", "moderator", "admin"):
            await set_role(self.backend, handle_of(role) or "", Standing[role.upper()])
        token = await issue_token(self.database, BANNED, 1)
        self.banned_token = token.text
        await ban(self.backend, BANNED)
        for name, visibility, policy in (
            ("open", "PUBLIC", "OPEN"),
            ("hidden", "CLUB", "INVITE"),
            ("unlisted", "UNLISTED", "OPEN"),
        ):
            await self.found_club(name, visibility, policy)
        self._keep("Category", to_global("Category", await self.category()), ALL)
        for kind in KINDS:
            for visibility in SEEN_BY:
                await self._subject(kind, visibility)
        await self._subject("Post", "PRIVATE", name="Post:DRAFT", status="DRAFT")
        await self._subject("Event", "PRIVATE", name="Event:HOSTED", author="talker", host="author")
        await self._special_comments()
        await self.powers.settle()
        return self

    def _keep(self, name: str, global_id: str, seen: frozenset[str]) -> str:
        self.ids[name] = global_id
        self.seen[global_id] = seen
        return global_id

    async def found_club(self, name: str, visibility: str, policy: str) -> str:
        club_id = self._next()
        await self.database.write(
            """insert into clubs (id, slug, name, visibility, join_policy, member_count, owner_count, created_at)
               values ({as_id id}, :name, :name, :visibility, :policy, 4, 1, {now})""",
            {"id": club_id, "name": f"{name}-{club_id}", "visibility": visibility, "policy": policy},
        )
        seen = IN_CLUB | STAFF if visibility == "CLUB" else ALL
        for role in CLUB:
            membership = await self.membership(club_id, self.people[role], role.removeprefix("club_").upper())
            self._keep(f"Membership:{name}:{role}", membership, seen)
        return self._keep(f"Club:{name}", to_global("Club", club_id), seen)

    async def membership(self, club_id: int, user_id: int, role: str, status: str = "ACTIVE") -> str:
        given = {"id": self._next(), "club": club_id, "user": user_id, "role": role, "status": status}
        await self.database.write(
            """insert into memberships (id, club_id, user_id, role, status, since)
               values ({as_id id}, {as_id club}, {as_id user}, :role, :status, {now})""",
            given,
        )
        return to_global("Membership", given["id"])

    async def category(self, *, frozen: bool = False) -> int:
        category_id = self._next()
        await self.database.write(
            """insert into categories (id, slug, name, frozen_at) values ({as_id id}, :slug, 'Talk', {as_instant at})""",
            {"id": category_id, "slug": f"talk-{category_id}", "at": now() if frozen else None},
        )
        return category_id

    async def subject(self, kind: str, visibility: str = "PUBLIC", **columns: Any) -> str:
        """A fresh thing of the open club's, by its id; `columns` are those of its `subjects` row."""
        subject_id = self._next()
        author = self.people[columns.pop("author", "author")]
        status = columns.pop("status", "CONFIRMED" if kind == "Event" else "PUBLISHED")
        given = {
            "id": subject_id,
            "slug": f"{kind.lower()}-{subject_id}",
            "at": now() + timedelta(days=1),
            "status": status,
        }
        await self.database.write(
            """insert into subjects (id, kind, author_id, club_id, category_id, visibility, created_at, last_activity_at)
               values ({as_id id}, :kind, {as_id author}, {as_id club}, {as_id category}, :visibility, {now}, {now})""",
            {
                "id": subject_id,
                "kind": kind.upper(),
                "author": author,
                "club": row_id(self.ids["Club:open"]),
                "category": row_id(self.ids["Category"]) if kind == "Thread" else None,
                "visibility": visibility,
            },
        )
        await self.database.write("insert into streams (id, epoch) values (:id, 7)", {"id": subject_id})
        await self.database.write(_ROWS[kind], given)
        for name, value in columns.items():
            sql = f"update subjects set {name} = {{as_{'instant' if name.endswith('_at') else 'text'} value}} where id = :id"
            await self.database.write(sql, {"value": value, "id": subject_id})
        return to_global(kind, subject_id)

    async def comment(self, subject: str, role: str = "author", **more: Any) -> str:
        payload = await write(self.client, "addComment", handle_of(role), subjectId=subject, body="A word.", **more)
        return payload["comment"]["id"]

    async def change(self, global_id: str, table: str, **columns: str) -> str:
        for name, value in columns.items():
            await self.database.write(
                f"update {table} set {name} = :value where id = :id", {"value": value, "id": row_id(global_id)}
            )
        return global_id

    async def _subject(
        self,
        kind: str,
        visibility: str,
        *,
        name: str = "",
        author: str = "author",
        host: str | None = None,
        **more: str,
    ) -> None:
        subject = await self.subject(kind, author=author, **more)
        seen = SEEN_BY[visibility] | ({"policy_team"} if kind == "Post" else frozenset())
        name = self._kept(name or f"{kind}:{visibility}", subject, seen)
        if kind == "Event":
            await self._answers(name, subject, seen)
            if host is not None:
                await self.database.write(
                    "insert into event_hosts (id, event_id, user_id) values (:id, :event, :user)",
                    {"id": self._next(), "event": row_id(subject), "user": self.people[host]},
                )
        if kind == "Post":
            await self._action(name, subject, seen)
            club = {"id": self._next(), "post": row_id(subject), "club": row_id(self.ids["Club:open"]), "at": now()}
            await self.database.write(
                """insert into post_clubs (id, post_id, club_id, listed_at)
                   values (:id, :post, :club, {as_instant at})""",
                club,
            )
            await self._additions(name, row_id(subject), seen)
        top = await self.comment(subject)
        reply = await self.comment(subject, "talker", parentId=top)
        for place, comment in enumerate((top, reply)):
            self._keep(f"Comment:{name}:{place}", comment, seen)
        self.comments[name] = [top, reply]
        await self.change(subject, "subjects", visibility=visibility)

    def _kept(self, name: str, subject: str, seen: frozenset[str]) -> str:
        self._keep(name, subject, seen)
        return name

    async def _answers(self, name: str, event: str, seen: frozenset[str]) -> None:
        for role, public in (("talker", True), ("author", False)):
            given = {"eventId": event, "choice": "GOING", "publicAttendance": public}
            answer = (await write(self.client, "rsvp", handle_of(role), **given))["rsvp"]["id"]
            shown = seen if public else seen & (STAFF | {"author"})
            self._keep(f"Rsvp:{name}:{role}", answer, shown)

    async def action(self, post: str, **columns: Any) -> str:
        """A fresh action of a post, by its id."""
        action_id = self._next()
        given = {"id": action_id, "post": row_id(post), "verification": columns.pop("verification", "ACCOUNT")}
        for sql in (
            """insert into actions (id, post_id, kind, verification, consent_text, created_at)
               values ({as_id id}, {as_id post}, 'SIGN', {as_text verification}, 'Yes.', {now})""",
            "insert into action_tallies (id, as_of) values ({as_id id}, {now})",
            "insert into streams (id, epoch) values ({as_id id}, 7)",
        ):
            await self.database.write(sql, given)
        for name, value in columns.items():
            kind = "bool" if isinstance(value, bool) else "instant"
            sql = f"update actions set {name} = {{as_{kind} value}} where id = {{as_id id}}"
            await self.database.write(sql, {"value": value, "id": action_id})
        return to_global("Action", action_id)

    async def participation(self, action: str, role: str, *, shown: bool) -> str:
        given = {"id": self._next(), "action": row_id(action), "user": self.people[role], "receipt": self.fresh()}
        await self.database.write(
            """insert into participations (id, action_id, user_id, person, display_name, status, receipt, answers, at,
                   consent_version, referral)
               values ({as_id id}, {as_id action}, {as_id user}, 'user:' || cast({as_id user} as text),
                   {as_text name}, 'COUNTED', :receipt, {as_json answers}, {now}, 1, 'mail')""",
            {**given, "name": "A. B." if shown else None, "answers": '{"shirt": "M"}'},
        )
        return to_global("Participation", given["id"])

    async def _action(self, name: str, post: str, seen: frozenset[str]) -> None:
        action = self._keep(f"Action:{name}", await self.action(post), seen)
        for role, shown in (("talker", True), ("author", False)):
            part = await self.participation(action, role, shown=shown)
            self._keep(f"Participation:{name}:{role}", part, seen if shown else seen & (TEAM | {"author"}))

    async def _additions(self, name: str, post_id: int, seen: frozenset[str]) -> None:
        """A word on how the post goes on, an answer to it, and the post in another language."""
        given = {"post": post_id, "author": self.people["author"]}
        for noun, insert in _ADDITIONS.items():
            row = {"id": self._next(), **given}
            await self.database.write(insert, {key: row[key] for key in row if f":{key}" in insert})
            if noun != "PostTranslation":
                self._keep(f"{noun}:{name}", to_global(noun, row["id"]), seen)

    async def _special_comments(self) -> None:
        thread = self.ids["Thread:PUBLIC"]
        for status, seen in (("PENDING", STAFF | {"author"}), ("HIDDEN", ALL), ("REMOVED", ALL)):
            comment = await self.change(await self.comment(thread), "comments", status=status)
            self._keep(f"Comment:{status}", comment, seen)
            self.comments["Thread:PUBLIC"].append(comment)

    def _next(self) -> int:
        """Far from what the database counts."""
        self._place += 1
        return 2**50 + self._place

    def fresh(self) -> str:
        return uuid.uuid4().hex


_ADDITIONS = {
    "PostUpdate": """insert into post_updates (id, post_id, author_id, body_source, body_html, body_excerpt, published_at)
                     values (:id, :post, :author, 'x', '<p>x</p>', 'x', {now})""",
    "OfficialResponse": """insert into post_responses (id, post_id, sender, body_source, body_html, body_excerpt,
                           published_at) values (:id, :post, 'The town', 'x', '<p>x</p>', 'x', {now})""",
    "PostTranslation": """insert into post_translations (id, post_id, locale, title, body_source, body_html,
                          body_excerpt) values (:id, :post, 'de', 'Ein Beitrag', 'x', '<p>x</p>', 'x')""",
}
_ROWS = {
    "Thread": """insert into threads (id, slug, title, body_source, body_html, body_excerpt, tags)
                 values (:id, :slug, 'A thread', 'x', '<p>x</p>', 'x', '[]')""",
    "Post": """insert into posts (id, slug, kind, status, title, body_source, body_html, body_excerpt, tags, regions,
                 listed_at) values (:id, :slug, 'UPDATE', :status, 'A post', 'x', '<p>x</p>', 'x', '[]', '[]',
                 {as_instant at})""",
    "Event": """insert into events (id, slug, club_id, title, body_source, body_html, body_excerpt, starts_at, time_zone,
                status)
                values (:id, :slug, (select club_id from subjects where id = :id), 'An event', 'x', '<p>x</p>', 'x',
                {as_instant at}, 'UTC', :status)""",
}
