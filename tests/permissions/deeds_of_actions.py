"""Asking people to do something, and taking part: who may, as the table of the README says."""

from datetime import timedelta
from typing import Any

from hub.graph.ids import to_global
from hub.store.instants import now
from tests.mutations import row_id
from tests.permissions.community import Community
from tests.permissions.deed import NOBODY_AT_ALL, Deed, Given
from tests.permissions.roles import ALL, IN_CLUB, NOBODY, SIGNED_IN, TEAM

_ASKED = {"kind": "SIGN", "verification": "ACCOUNT", "consentText": "Yes."}


async def _post(community: Community, _role: str) -> Given:
    return {"postId": await community.subject("Post"), **_ASKED}


async def _asked(community: Community, _role: str) -> Given:
    post = await community.subject("Post")
    await community.action(post)
    return {"postId": post, **_ASKED, "paused": True}


def _action(post: dict[str, Any] | None = None, **columns: Any) -> Any:
    async def given(community: Community, _role: str) -> Given:
        subject = await community.subject("Post", **(post or {}))
        return {"actionId": await community.action(subject, **columns), "consent": True}

    return given


async def _open_to_all(community: Community, _role: str) -> Given:
    action = await community.action(await community.subject("Post"), allow_anonymous=True, verification="NONE")
    return {"actionId": action, "consent": True}


async def _rule(community: Community, _role: str) -> Given:
    action = await community.action(await community.subject("Post"))
    return {"actionId": action, "rule": {"region": "TX"}, "dryRun": False, "reason": "Bots."}


async def _personal(community: Community, _role: str) -> Given:
    action = await community.action(await community.subject("Post"))
    part = await community.participation(action, "talker", shown=True)
    return {"actionId": action, "participationIds": [part], "reason": "A complaint."}


async def _story(community: Community, _role: str) -> Given:
    action = await community.action(await community.subject("Post"))
    part = await community.participation(action, "talker", shown=False)
    await community.database.write(
        "update participations set review = 'PENDING' where id = {as_id id}", {"id": row_id(part)}
    )
    return {"actionId": action, "participationIds": [part], "decision": "APPROVED"}


async def _own(community: Community, role: str) -> Given:
    action = await community.action(await community.subject("Post"))
    if role == NOBODY:
        return {"id": to_global("Participation", 1)}
    return {"id": await community.participation(action, role, shown=True)}


def _turning(whose: str | None) -> Any:
    async def given(community: Community, role: str) -> Given:
        action = await community.action(await community.subject("Post"))
        for sql in (
            "insert into action_officials (id, action_id, position, key, name) values ({as_id id}, {as_id id}, 1, 'a', '')",
            "update actions set official_count = 1 where id = {as_id id}",
        ):
            await community.database.write(sql, {"id": row_id(action)})
        outreach = [{"official": "a", "channel": "MAIL"}]
        if whose is None and role == NOBODY:
            return {"participationId": to_global("Participation", 1), "outreach": outreach}
        return {
            "participationId": await community.participation(action, whose or role, shown=True),
            "outreach": outreach,
        }

    return given


async def _anothers(community: Community, _role: str) -> Given:
    action = await community.action(await community.subject("Post"))
    return {"id": await community.participation(action, "talker", shown=True)}


async def _receipt(community: Community, _role: str) -> Given:
    part = await community.participation(await community.action(await community.subject("Post")), "talker", shown=True)
    (row,) = await community.database.fetch(
        "select receipt from participations where id = {as_id id}", {"id": row_id(part)}
    )
    return {"receipt": row["receipt"]}


async def _guest(community: Community, role: str) -> Given:
    given = await _receipt(community, role)
    await community.database.write(
        "update participations set user_id = null, person = :receipt, receipt = upper(:receipt) where receipt = :receipt",
        given,
    )
    return given


_BEFORE, _AFTER = now() - timedelta(minutes=5), now() + timedelta(hours=9)


def _taking_part(what: str, by: frozenset[str], given: Any, code: str = "") -> Deed:
    return Deed("participate", what, by, given, code, ability="PARTICIPATE", on="actionId")


_OF_AN_ACCOUNT = Deed(
    "withdrawByReceipt",
    "withdraw by the receipt of who has one",
    NOBODY_AT_ALL,
    _receipt,
    "NOT_FOUND",
    {NOBODY: "NOT_FOUND"},
)
DEEDS_OF_ACTIONS = [
    Deed("saveAction", "give a post its action", TEAM, _post),
    Deed("saveAction", "change the action of a post", TEAM, _asked),
    _taking_part("take part in an action", SIGNED_IN, _action()),
    _taking_part("take part in what is for owners", IN_CLUB, _action(verification="OWNER"), "FORBIDDEN"),
    _taking_part("take part before it begins", NOBODY_AT_ALL, _action(opens_at=_AFTER), "LOCKED"),
    _taking_part("take part in what is paused", NOBODY_AT_ALL, _action(paused=True), "LOCKED"),
    _taking_part("take part after its end", NOBODY_AT_ALL, _action(closes_at=_BEFORE), "CLOSED"),
    _taking_part("take part below a frozen post", NOBODY_AT_ALL, _action({"frozen_at": _BEFORE}), "CLOSED"),
    _taking_part("take part below a draft", NOBODY_AT_ALL, _action({"status": "DRAFT"}), "CLOSED"),
    _taking_part("take part where no account is asked for", ALL, _open_to_all),
    Deed("invalidateParticipations", "strike out participations", TEAM, _rule),
    Deed("recordOutreach", "record to whom one turned", SIGNED_IN, _turning(None)),
    Deed("recordOutreach", "record to whom another turned", NOBODY_AT_ALL, _turning("talker"), "NOT_FOUND"),
    Deed("reviewStories", "decide about stories", TEAM, _story),
    Deed("readPersonalAnswers", "read personal answers", TEAM, _personal),
    Deed("withdrawParticipation", "take part no longer", SIGNED_IN, _own),
    Deed("withdrawByReceipt", "withdraw by the receipt of who has no account", ALL, _guest),
    _OF_AN_ACCOUNT,
    Deed("withdrawParticipation", "withdraw for another", NOBODY_AT_ALL, _anothers, "NOT_FOUND"),
]
