"""What each mutation does, on what, in which roles: the table of the README, and what the matrix tries."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.graph.ids import to_global
from hub.store.instants import now
from tests.mutations import row_id, write
from tests.permissions.community import Community
from tests.permissions.roles import (
    ALL,
    IN_CLUB,
    KEEPERS,
    MANAGERS,
    NOBODY,
    ROLES,
    SEEN_BY,
    SIGNED_IN,
    STAFF,
    TEAM,
)

Given = dict[str, Any]
Nowhere: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deed:
    """`by` may do it, others are refused with `code`, or with what `codes` says of their role.

    `given` makes the input afresh; `ability` is what `viewerCan` tells of the thing that the input names by `on`.
    """

    mutation: str
    what: str
    by: frozenset[str]
    given: Callable[[Community, str], Awaitable[Given]]
    code: str = "FORBIDDEN"
    codes: dict[str, str] | None = None
    ability: str | None = None
    on: str = "id"

    def code_for(self, role: str) -> str | None:
        if role in self.by:
            return None
        return (self.codes or {}).get(role, "UNAUTHENTICATED" if role == NOBODY else self.code)


async def _registering(community: Community, _role: str) -> Given:
    handle = f"new-{community.fresh()[:12]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": "a long enough secret"}


async def _login(community: Community, role: str) -> Given:
    if not community.login:
        given = await _registering(community, role)
        await write(community.client, "register", None, **given)
        community.login = {"login": given["handle"], "password": given["password"]}
    return community.login


def _on(visibility: str = "PUBLIC", argument: str = "subjectId", kind: str = "Thread", **columns: Any) -> Any:
    async def given(community: Community, _role: str) -> Given:
        subject = await community.subject(kind, visibility, **columns)
        more = {
            "subjectId": {"body": "Hello."},
            "targetId": {"kind": "like", "on": True},
            "eventId": {"choice": "GOING"},
        }
        return {argument: subject, **more[argument]}

    return given


def _reply(**columns: str) -> Any:
    async def given(community: Community, _role: str) -> Given:
        subject = await community.subject("Thread")
        comment = await community.change(await community.comment(subject), "comments", **columns)
        return {"subjectId": subject, "parentId": comment, "body": "Hello."}

    return given


def _comment(*, of: str = "open", old: bool = False, status: str = "", frozen: bool = False, **more: Any) -> Any:
    """A comment of the author's in a thread of the open club, or of none."""

    async def given(community: Community, _role: str) -> Given:
        subject = await community.subject("Thread")
        comment = await community.comment(subject)
        if of == "no club":
            await community.database.write("update subjects set club_id = null where id = :id", {"id": row_id(subject)})
        if status:
            await community.change(comment, "comments", status=status)
        if old:
            await community.database.write(
                "update comments set created_at = {as_instant at} where id = :id",
                {"at": now() - timedelta(days=9), "id": row_id(comment)},
            )
        if frozen:
            await community.database.write(
                "update subjects set frozen_at = {as_instant at} where id = :id", {"at": now(), "id": row_id(subject)}
            )
        return {"targetId" if "kind" in more else "id": comment, **more}

    return given


def _edit(**how: Any) -> Any:
    return _comment(body="Better.", expectedVersion=1, **how)


def _thread(*, club: bool = False, frozen: bool = False, **more: Any) -> Any:
    async def given(community: Community, _role: str) -> Given:
        category = to_global("Category", await community.category(frozen=frozen))
        of = {"clubId": community.ids["Club:open"]} if club else {}
        return {"categoryId": category, "title": "A thread", "body": "x", **of, **more}

    return given


async def _new_post(_community: Community, _role: str) -> Given:
    return {"kind": "UPDATE", "title": "A post", "body": "x"}


async def _old_post(community: Community, _role: str) -> Given:
    post = await community.subject("Post")
    return {"id": post, "kind": "UPDATE", "title": "A post", "body": "y", "expectedVersion": 1}


async def _draft(community: Community, _role: str) -> Given:
    return {"id": await community.subject("Post", "PRIVATE", status="DRAFT")}


def _club(visibility: str = "PUBLIC", policy: str = "OPEN", *, barred: bool = False) -> Any:
    async def given(community: Community, role: str) -> Given:
        kept = dict(community.ids)
        club = await community.found_club("fresh", visibility, policy)
        community.ids = kept
        for name in [one for one in community.seen if one not in set(kept.values())]:
            del community.seen[name]
        if barred and role != NOBODY and role not in IN_CLUB:
            await community.membership(row_id(club), community.people[role], "MEMBER", "REMOVED")
        return {"clubId": club}

    return given


def _member(role_there: str = "MEMBER", **more: str) -> Any:
    async def given(community: Community, role: str) -> Given:
        club = (await _club()(community, role))["clubId"]
        rows = await community.database.fetch(
            "select id from memberships where club_id = :club and role = :role",
            {"club": row_id(club), "role": role_there},
        )
        return {"membershipId": to_global("Membership", rows[0]["id"]), **more}

    return given


async def _talker(community: Community, _role: str) -> Given:
    return {"userId": community.ids["User:talker"]}


async def _followed(community: Community, _role: str) -> Given:
    return {"targetId": community.ids["User:talker"], "level": "ALL"}


async def _unfollowed(community: Community, _role: str) -> Given:
    return {"targetId": community.ids["User:talker"]}


async def _all_read(_community: Community, _role: str) -> Given:
    return {"all": True}


async def _oneself(community: Community, role: str) -> Given:
    return {"userId": to_global("User", community.people.get(role, 1))}


def _at(**columns: Any) -> Any:
    return columns


_PAST = now() - timedelta(minutes=5)
_FROZEN = _at(frozen_at=_PAST)
_CLOSED = _at(closes_at=_PAST)
_LOCKED = _at(mode="LOCKED")

DEEDS = [
    Deed("register", "become a member", ALL, _registering),
    Deed("login", "log in", ALL, _login),
    Deed("blockUser", "block a person", SIGNED_IN, _talker, ability="BLOCK", on="userId"),
    Deed("blockUser", "block oneself", Nowhere, _oneself, "INVALID", ability="BLOCK", on="userId"),
    Deed("follow", "follow a person", SIGNED_IN, _followed),
    Deed("unfollow", "follow a person no longer", SIGNED_IN, _unfollowed),
    Deed("markNotificationsRead", "read one's notifications", SIGNED_IN, _all_read),
    Deed("unblockUser", "read a person again", SIGNED_IN, _talker),
    *(
        Deed("addComment", what, by, _on(**columns), code, ability="COMMENT", on="subjectId")
        for what, by, columns, code in (
            ("comment on what is public", SIGNED_IN, {}, ""),
            ("comment on what is frozen", Nowhere, _FROZEN, "ARCHIVED"),
            ("comment after the end", Nowhere, _CLOSED, "CLOSED"),
            ("comment on what is locked", Nowhere, _LOCKED, "LOCKED"),
            ("comment on a post", SIGNED_IN, {"kind": "Post"}, ""),
            ("comment on an event", SIGNED_IN, {"kind": "Event"}, ""),
        )
    ),
    *(
        Deed(
            "addComment",
            f"comment on what is for {whom}",
            SEEN_BY[visibility],
            _on(visibility),
            "NOT_FOUND",
            ability="COMMENT",
            on="subjectId",
        )
        for visibility, whom in (("CLUB", "a club"), ("PRIVATE", "its author"))
    ),
    Deed("addComment", "reply to a comment", SIGNED_IN, _reply(), ability="COMMENT", on="parentId"),
    Deed(
        *("addComment", "reply to a removed comment", Nowhere, _reply(status="REMOVED"), "CLOSED"),
        ability="COMMENT",
        on="parentId",
    ),
    Deed("editComment", "edit the author's comment", frozenset({"author"}), _edit(), ability="EDIT"),
    *(
        Deed("editComment", what, Nowhere, _edit(**how), codes={"author": code}, ability="EDIT")
        for what, how, code in (
            ("edit it when it is old", {"old": True}, "EDIT_WINDOW_PASSED"),
            ("edit it when it is removed", {"status": "REMOVED"}, "CLOSED"),
            ("edit it when its place is frozen", {"frozen": True}, "ARCHIVED"),
        )
    ),
    Deed("deleteComment", "remove it, in a thread of the club", KEEPERS | {"author"}, _comment(), ability="DELETE"),
    Deed("deleteComment", "remove it elsewhere", STAFF | {"author"}, _comment(of="no club"), ability="DELETE"),
    Deed(
        *("deleteComment", "remove it when its place is frozen", KEEPERS, _comment(frozen=True)),
        codes={"author": "ARCHIVED"},
        ability="DELETE",
    ),
    Deed("react", "react to a thread", SIGNED_IN, _on(argument="targetId"), ability="REACT", on="targetId"),
    Deed(
        *("react", "react to a frozen thread", Nowhere, _on(argument="targetId", **_FROZEN), "ARCHIVED"),
        ability="REACT",
        on="targetId",
    ),
    *(
        Deed("react", what, by, _comment(kind="like", on=True, **how), code, ability="REACT", on="targetId")
        for what, by, how, code in (
            ("react to a comment", SIGNED_IN, {}, ""),
            ("react to a removed comment", Nowhere, {"status": "REMOVED"}, "CLOSED"),
            ("react to a comment in a frozen place", Nowhere, {"frozen": True}, "ARCHIVED"),
        )
    ),
    Deed("createThread", "begin a thread", SIGNED_IN, _thread()),
    Deed("createThread", "begin a thread of the club", IN_CLUB, _thread(club=True, visibility="CLUB"), "NOT_FOUND"),
    Deed("createThread", "begin a club's thread without a club", Nowhere, _thread(visibility="CLUB"), "REQUIRED"),
    Deed("createThread", "begin a thread in a frozen category", Nowhere, _thread(frozen=True), "ARCHIVED"),
    Deed("savePost", "write a post", TEAM, _new_post),
    Deed("savePost", "change a post", TEAM, _old_post, ability="EDIT"),
    Deed("publishPost", "publish a draft", TEAM, _draft, ability="PUBLISH"),
    Deed("rsvp", "answer for an event", SIGNED_IN, _on(argument="eventId", kind="Event"), ability="RSVP", on="eventId"),
    Deed(
        *("rsvp", "answer for a frozen event", Nowhere, _on(argument="eventId", kind="Event", **_FROZEN), "ARCHIVED"),
        ability="RSVP",
        on="eventId",
    ),
    Deed(
        *("rsvp", "answer for a cancelled event", Nowhere),
        _on(argument="eventId", kind="Event", status="CANCELLED"),
        "CLOSED",
        ability="RSVP",
        on="eventId",
    ),
    Deed("joinClub", "join an open club", SIGNED_IN, _club(), ability="JOIN", on="clubId"),
    Deed("joinClub", "join a club by invitation", IN_CLUB, _club(policy="INVITE"), ability="JOIN", on="clubId"),
    Deed(
        "joinClub", "join a club that ended one's membership", IN_CLUB, _club(barred=True), ability="JOIN", on="clubId"
    ),
    Deed("joinClub", "join a hidden club", IN_CLUB | STAFF, _club("CLUB"), "NOT_FOUND", ability="JOIN", on="clubId"),
    Deed("leaveClub", "leave a club", SIGNED_IN - {"club_owner"}, _club()),
    Deed("setClubRole", "give a member of the club a role", MANAGERS, _member(role="ORGANIZER")),
    Deed("setClubRole", "take the role of its last owner", Nowhere, _member("OWNER", role="MEMBER")),
    Deed("removeMember", "remove a member of the club", MANAGERS, _member()),
    Deed("removeMember", "remove its last owner", Nowhere, _member("OWNER")),
]

_HEADS = (
    "nobody",
    "member",
    "author",
    "policy team",
    "moderator",
    "admin",
    "owner",
    "organizer",
    "moderator",
    "member",
)
_SEE = {
    "PUBLIC": "see what is public or unlisted",
    "MEMBERS": "see what is for members of the hub",
    "CLUB": "see what is the club's",
    "PRIVATE": "see what is private",
}


def readme_table() -> str:
    """The table of the README: what some role may do at least, the last four being roles in the thing's club."""
    lines = [f"| may | {' | '.join(_HEADS)} |", f"|---|{'---|' * len(_HEADS)}"]
    seen = [(what, SEEN_BY[visibility]) for visibility, what in _SEE.items()]
    done = [
        (deed.what, deed.by) for deed in DEEDS if deed.by and not deed.what.startswith(("join a ", "comment on what"))
    ]
    for what, by in [*seen, *dict(done).items()]:
        lines.append(f"| {what} |" + "|".join(" ✓ " if role in by else " " for role in ROLES) + "|")
    return "\n".join(lines) + "\n"
