"""Joining, logging in and out, passwords, addresses, sanctions."""

from hub.graph.ids import to_global
from hub.users.sessions import open_session
from tests.letters import Inbox
from tests.mutations import write
from tests.permissions.community import PASSWORD, Community
from tests.permissions.deed import NOBODY_AT_ALL, Deed, Given
from tests.permissions.roles import ALL, NOBODY, SIGNED_IN, STAFF

_ADMIN = frozenset({"admin"})


async def _registering(community: Community, _role: str) -> Given:
    handle = f"new-{community.fresh()[:12]}"
    return {"handle": handle, "email": f"{handle}@example.org", "password": PASSWORD}


async def _joining(community: Community, role: str) -> Given:
    given, inbox = await _registering(community, role), Inbox(community.backend)
    await write(community.client, "register", None, **given)
    return {"token": await inbox.link(given["email"])}


async def _login(_community: Community, _role: str) -> Given:
    return {"login": "talker", "password": PASSWORD}


async def _refresh(community: Community, _role: str) -> Given:
    session = await open_session(community.backend, community.people["talker"], None)
    return {"refreshToken": session.refresh.text}


async def _forgotten(_community: Community, _role: str) -> Given:
    return {"login": "talker"}


async def _recovering(community: Community, _role: str) -> Given:
    inbox = Inbox(community.backend)
    await write(community.client, "requestPasswordReset", None, login="talker")
    return {"token": await inbox.link("talker@example.org"), "newPassword": PASSWORD}


async def _password(_community: Community, _role: str) -> Given:
    return {"password": PASSWORD, "newPassword": PASSWORD}


async def _address(community: Community, _role: str) -> Given:
    return {"email": f"{community.fresh()}@example.org", "password": PASSWORD}


async def _own_session(community: Community, role: str) -> Given:
    return await _session(community, "talker" if role == NOBODY else role)


async def _anothers_session(community: Community, _role: str) -> Given:
    return await _session(community, "talker")


async def _session(community: Community, role: str) -> Given:
    user = community.people[role]
    await open_session(community.backend, user, None)
    (row,) = await community.database.fetch(
        "select id from sessions where user_id = :user order by id desc limit 1", {"user": user}
    )
    return {"id": to_global("Session", row["id"])}


def _sanctioning(whom: str) -> Given:
    return {"userId": whom, "sanction": {"kind": "WARNING"}, "reason": "A word."}


async def _member(community: Community, _role: str) -> Given:
    return _sanctioning(community.ids["User:talker"])


async def _staff(community: Community, role: str) -> Given:
    """Another of the staff than the one who does it."""
    return _sanctioning(community.ids["User:moderator" if role == "admin" else "User:admin"])


async def _oneself(community: Community, role: str) -> Given:
    return _sanctioning(to_global("User", community.people.get(role, 1)))


async def _of_member(community: Community, _role: str) -> Given:
    return {"id": await community.powers.sanction("talker", "admin", "MUTE")}


async def _of_staff(community: Community, role: str) -> Given:
    whom = "moderator" if role == "admin" else "admin"
    return {"id": await community.powers.sanction(whom, "admin", standing=whom.upper())}


async def _of_oneself(community: Community, role: str) -> Given:
    whom = "talker" if role == NOBODY else role
    standing = role.upper() if role in {"policy_team", "moderator", "admin"} else "MEMBER"
    return {"id": await community.powers.sanction(whom, "admin", standing=standing)}


DEEDS_OF_ACCOUNTS = [
    Deed("register", "become a member", ALL, _registering),
    Deed("verifyEmail", "confirm one's address by a link", ALL, _joining),
    Deed("login", "log in", ALL, _login),
    Deed("refreshSession", "stay logged in", ALL, _refresh),
    Deed("requestPasswordReset", "lose one's password", ALL, _forgotten),
    Deed("resetPassword", "set another one by a link", ALL, _recovering),
    Deed("changePassword", "change one's password", SIGNED_IN, _password),
    Deed("changeEmail", "change one's address", SIGNED_IN, _address),
    Deed("logout", "end a session of one's own", SIGNED_IN, _own_session),
    Deed("logout", "end another's session", NOBODY_AT_ALL, _anothers_session, "NOT_FOUND"),
    Deed("sanctionUser", "sanction a person", STAFF, _member),
    Deed("sanctionUser", "sanction one of the staff", _ADMIN, _staff),
    Deed("sanctionUser", "sanction oneself", NOBODY_AT_ALL, _oneself),
    Deed("liftSanction", "lift a person's sanction", STAFF, _of_member),
    Deed("liftSanction", "lift a sanction of one of the staff", _ADMIN, _of_staff),
    Deed("liftSanction", "lift one's own sanction", NOBODY_AT_ALL, _of_oneself),
]
