"""What each mutation does, on what, in which roles: the table of the README, and what the matrix tries."""

from datetime import timedelta
from typing import Any

from hub.graph.ids import to_global
from hub.store.instants import now
from tests.mutations import row_id
from tests.permissions.community import Community
from tests.permissions.deed import NOBODY_AT_ALL, Deed, Given
from tests.permissions.deeds_of_accounts import DEEDS_OF_ACCOUNTS
from tests.permissions.deeds_of_actions import DEEDS_OF_ACTIONS
from tests.permissions.deeds_of_apps import DEEDS_OF_APPS
from tests.permissions.deeds_of_events import DEEDS_OF_EVENTS
from tests.permissions.roles import (
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


def _post(argument: str = "postId", **more: Any) -> Any:
    async def given(community: Community, _role: str) -> Given:
        return {argument: await community.subject("Post"), **more}

    return given


async def _topic(community: Community, _role: str) -> Given:
    return {"name": f"Topic {community.fresh()}"}


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


async def _asking(community: Community, role: str) -> Given:
    club = (await _club(policy="REQUEST")(community, role))["clubId"]
    asked = await community.membership(row_id(club), community.people["talker"], "MEMBER", "REQUESTED")
    return {"membershipId": asked, "accept": True}


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


async def _by_mail(_community: Community, _role: str) -> Given:
    return {"rules": [{"kind": "REPLY", "channel": "EMAIL", "frequency": "WEEKLY"}]}


async def _browser(community: Community, _role: str) -> Given:
    return community.powers.browser()


async def _device(community: Community, role: str) -> Given:
    return {"id": await community.powers.device("talker" if role == NOBODY else role)}


async def _oneself(community: Community, role: str) -> Given:
    return {"userId": to_global("User", community.people.get(role, 1))}


def _at(**columns: Any) -> Any:
    return columns


_PAST = now() - timedelta(minutes=5)
_FROZEN = _at(frozen_at=_PAST)
_CLOSED = _at(closes_at=_PAST)
_LOCKED = _at(mode="LOCKED")
_NOT_SO = dict.fromkeys(TEAM, "INVALID")

DEEDS = [
    *DEEDS_OF_ACCOUNTS,
    Deed("blockUser", "block a person", SIGNED_IN, _talker, ability="BLOCK", on="userId"),
    Deed("blockUser", "block oneself", NOBODY_AT_ALL, _oneself, "INVALID", ability="BLOCK", on="userId"),
    Deed("follow", "follow a person", SIGNED_IN, _followed),
    Deed("unfollow", "follow a person no longer", SIGNED_IN, _unfollowed),
    Deed("markNotificationsRead", "read one's notifications", SIGNED_IN, _all_read),
    Deed("registerPushDevice", "get pushes in a browser", SIGNED_IN, _browser),
    Deed("removePushDevice", "get no more of them", SIGNED_IN, _device),
    Deed("setNotificationRules", "choose how to be told", SIGNED_IN, _by_mail),
    Deed("unblockUser", "read a person again", SIGNED_IN, _talker),
    *(
        Deed("addComment", what, by, _on(**columns), code, ability="COMMENT", on="subjectId")
        for what, by, columns, code in (
            ("comment on what is public", SIGNED_IN, {}, ""),
            ("comment on what is frozen", NOBODY_AT_ALL, _FROZEN, "ARCHIVED"),
            ("comment after the end", NOBODY_AT_ALL, _CLOSED, "CLOSED"),
            ("comment on what is locked", NOBODY_AT_ALL, _LOCKED, "LOCKED"),
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
        *("addComment", "reply to a removed comment", NOBODY_AT_ALL, _reply(status="REMOVED"), "CLOSED"),
        ability="COMMENT",
        on="parentId",
    ),
    Deed("editComment", "edit the author's comment", frozenset({"author"}), _edit(), ability="EDIT"),
    *(
        Deed("editComment", what, NOBODY_AT_ALL, _edit(**how), codes={"author": code}, ability="EDIT")
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
    *(
        Deed("react", what, by, _on(argument="targetId", **columns), code, ability="REACT", on="targetId")
        for what, by, columns, code in (
            ("react to a thread", SIGNED_IN, {}, ""),
            ("react to a frozen thread", NOBODY_AT_ALL, _FROZEN, "ARCHIVED"),
            ("react to a post", SIGNED_IN, {"kind": "Post"}, ""),
            ("react to a frozen post", NOBODY_AT_ALL, {"kind": "Post", **_FROZEN}, "ARCHIVED"),
        )
    ),
    *(
        Deed("react", what, by, _comment(kind="like", on=True, **how), code, ability="REACT", on="targetId")
        for what, by, how, code in (
            ("react to a comment", SIGNED_IN, {}, ""),
            ("react to a removed comment", NOBODY_AT_ALL, {"status": "REMOVED"}, "CLOSED"),
            ("react to a comment in a frozen place", NOBODY_AT_ALL, {"frozen": True}, "ARCHIVED"),
        )
    ),
    Deed("createThread", "begin a thread", SIGNED_IN, _thread()),
    Deed("createThread", "begin a thread of the club", IN_CLUB, _thread(club=True, visibility="CLUB"), "NOT_FOUND"),
    Deed("createThread", "begin a club's thread without a club", NOBODY_AT_ALL, _thread(visibility="CLUB"), "REQUIRED"),
    Deed("createThread", "begin a thread in a frozen category", NOBODY_AT_ALL, _thread(frozen=True), "ARCHIVED"),
    Deed("savePost", "write a post", TEAM, _new_post),
    Deed("savePost", "change a post", TEAM, _old_post, ability="EDIT"),
    Deed("publishPost", "publish a draft", TEAM, _draft, ability="PUBLISH"),
    Deed("movePost", "close a post", TEAM, _post("id", to="CLOSED")),
    Deed("movePost", "make what was shown a draft", NOBODY_AT_ALL, _post("id", to="DRAFT"), codes=_NOT_SO),
    Deed("pinPost", "pin a post", TEAM, _post("id", on=True)),
    Deed("addPostUpdate", "append to a post", TEAM, _post(body="So it went.")),
    Deed("addOfficialResponse", "put down an official answer", TEAM, _post(body="Yes.", **{"from": "The town"})),
    Deed("translatePost", "translate a post", TEAM, _post(locale="de", title="Ein Beitrag", body="x")),
    Deed("createTopic", "make a topic", TEAM, _topic),
    Deed("rsvp", "answer for an event", SIGNED_IN, _on(argument="eventId", kind="Event"), ability="RSVP", on="eventId"),
    Deed(
        *(
            "rsvp",
            "answer for a frozen event",
            NOBODY_AT_ALL,
            _on(argument="eventId", kind="Event", **_FROZEN),
            "ARCHIVED",
        ),
        ability="RSVP",
        on="eventId",
    ),
    Deed(
        *("rsvp", "answer for a cancelled event", NOBODY_AT_ALL),
        _on(argument="eventId", kind="Event", status="CANCELLED"),
        "CLOSED",
        ability="RSVP",
        on="eventId",
    ),
    *DEEDS_OF_ACTIONS,
    *DEEDS_OF_EVENTS,
    Deed("joinClub", "join an open club", SIGNED_IN, _club(), ability="JOIN", on="clubId"),
    Deed("joinClub", "join a club by invitation", IN_CLUB, _club(policy="INVITE"), ability="JOIN", on="clubId"),
    Deed(
        "joinClub", "join a club that ended one's membership", IN_CLUB, _club(barred=True), ability="JOIN", on="clubId"
    ),
    Deed("joinClub", "join a hidden club", IN_CLUB | STAFF, _club("CLUB"), "NOT_FOUND", ability="JOIN", on="clubId"),
    Deed("joinClub", "ask to join a club", SIGNED_IN, _club(policy="REQUEST"), ability="JOIN", on="clubId"),
    Deed("decideMembership", "take in who asks to join", MANAGERS, _asking, "NOT_FOUND"),
    Deed("leaveClub", "leave a club", SIGNED_IN - {"club_owner"}, _club()),
    Deed("setClubRole", "give a member of the club a role", MANAGERS, _member(role="ORGANIZER")),
    Deed("setClubRole", "take the role of its last owner", NOBODY_AT_ALL, _member("OWNER", role="MEMBER")),
    Deed("removeMember", "remove a member of the club", MANAGERS, _member()),
    Deed("removeMember", "remove its last owner", NOBODY_AT_ALL, _member("OWNER")),
    *DEEDS_OF_APPS,
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
