"""What changes a person's access tells it on the person's own stream, once, and in the same transaction."""

import pytest

from hub.clubs.commands import join_club, leave_club
from hub.live import log
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Standing
from hub.users.commands import add_person, ban, issue_token, revoke_tokens, set_role, unban
from hub.users.notices import ACCESS_CHANGED
from hub.users.tokens import bearer_of
from tests.client import Client
from tests.conftest import viewer_of
from tests.letters import Inbox, a_member
from tests.users.people import person


async def told(backend: Backend, user_id: int) -> list[tuple[str, int]]:
    return [(notice.kind, notice.ref_id) for notice in await log.read(backend.database, user_id, 0, 100)]


async def id_of(backend: Backend, handle: str) -> int:
    (row,) = await backend.database.fetch("select id from users where handle = :handle", {"handle": handle})
    return row["id"]


async def test_everybody_has_a_stream_however_they_came(story: Backend):
    await add_person(story.database, handle="made", name="Made")
    client = Client(story)
    await a_member(client, Inbox(story), person())
    assert await story.database.fetch("select id from users where id not in (select id from streams)") == []
    epochs = await story.database.fetch("select epoch from streams where id in (select id from users)")
    assert len({row["epoch"] for row in epochs}) == len(epochs)


async def test_a_token_stands_for_somebody_as_of_a_position(story: Backend):
    token = await issue_token(story.database, "ines", 1)
    ines = await id_of(story, "ines")
    before = (await bearer_of(story.database, token.text)).as_of
    assert before == (await log.positions(story.database, [ines]))[ines]
    await set_role(story, "ines", Standing.MODERATOR)
    after = await bearer_of(story.database, token.text)
    assert (after.viewer.standing, after.as_of.last_seq) == (Standing.MODERATOR, before.last_seq + 1)


async def test_a_role_is_given_and_told_once(story: Backend):
    ines = await id_of(story, "ines")
    assert await set_role(story, "INES", Standing.POLICY_TEAM) is True
    assert await set_role(story, "ines", Standing.POLICY_TEAM) is False
    assert (await viewer_of(story, "ines")).standing is Standing.POLICY_TEAM
    assert await told(story, ines) == [(ACCESS_CHANGED, ines)]
    with pytest.raises(Refusal):
        await set_role(story, "ines", Standing.ANONYMOUS)


async def test_a_ban_holds_until_it_is_lifted(story: Backend):
    ines, token = await id_of(story, "ines"), await issue_token(story.database, "ines", 1)
    assert [await ban(story, "ines"), await ban(story, "ines")] == [True, False]
    with pytest.raises(Refusal) as refusal:
        await bearer_of(story.database, token.text)
    assert refusal.value.code is ErrorCode.BANNED
    assert [await unban(story, "ines"), await unban(story, "ines")] == [True, False]
    assert (await bearer_of(story.database, token.text)).viewer.user_id == ines
    assert await told(story, ines) == [(ACCESS_CHANGED, ines)] * 2


async def test_an_imported_person_whom_nobody_has_claimed_is_not_let_in_by_a_ban_that_is_lifted(story: Backend):
    made = await add_person(story.database, handle="stub", name="Stub")
    await story.database.write("update users set status = 'LEGACY_STUB' where id = :id", {"id": made})
    assert [await ban(story, "stub"), await unban(story, "stub")] == [False, False]
    assert await told(story, made) == []


async def test_revoking_ends_all_tokens_of_one_person(story: Backend):
    ines = await id_of(story, "ines")
    mine = [await issue_token(story.database, "ines", 1) for _ in range(3)]
    theirs = await issue_token(story.database, "jonas", 1)
    assert [await revoke_tokens(story, "ines"), await revoke_tokens(story, "ines")] == [3, 0]
    for token in mine:
        with pytest.raises(Refusal):
            await bearer_of(story.database, token.text)
    await bearer_of(story.database, theirs.text)
    assert await told(story, ines) == [(ACCESS_CHANGED, ines)]


@pytest.mark.parametrize("change", [ban, unban, revoke_tokens])
async def test_nobody_cannot_be_changed(backend: Backend, change):
    with pytest.raises(Refusal) as refusal:
        await change(backend, "nobody")
    assert refusal.value.code is ErrorCode.NOT_FOUND


async def test_joining_and_leaving_a_club_are_told_and_counted(story: Backend):
    viewer = await viewer_of(story, "ines")
    (club,) = await story.database.fetch(
        """select id, member_count from clubs where join_policy = 'OPEN' and id not in
           (select club_id from memberships where user_id = :ines) limit 1""",
        {"ines": viewer.user_id},
    )
    assert await leave_club(story, viewer, club_id=club["id"]) is True
    assert await told(story, viewer.user_id) == []
    assert await join_club(story, viewer, club_id=club["id"]) is False
    viewer = await viewer_of(story, "ines")
    assert club["id"] in viewer.clubs
    assert await join_club(story, viewer, club_id=club["id"]) is True
    assert await leave_club(story, viewer, club_id=club["id"]) is False
    assert club["id"] not in (await viewer_of(story, "ines")).clubs
    assert await told(story, viewer.user_id) == [(ACCESS_CHANGED, viewer.user_id)] * 2
    counted = "select member_count from clubs where id = :id"
    assert await story.database.fetch(counted, {"id": club["id"]}) == [{"member_count": club["member_count"]}]
