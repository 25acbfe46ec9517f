"""Personal answers are read with a reason, and sealed anew when there is a newer key."""

from dataclasses import replace

import pytest

from hub.actions.commands.drafting import PERSONAL
from hub.actions.commands.reading_personal import read_personal
from hub.actions.resealing import Resealed, reseal
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal, ScopeRefusal
from hub.store.fingerprints import Fingerprints
from hub.store.sealing import Seal, Unreadable
from tests.actions.acting import an_action, parts_of, sign
from tests.actions.test_participating import ADDRESS, MARKER
from tests.conftest import viewer_of

PEOPLE = ("ines", "jonas", "bea")
OLD, NEW = "o" * 40, "n" * 40


async def signed(backend: Backend) -> tuple[int, list[int]]:
    action_id = await an_action(backend, questions=[ADDRESS])
    for handle in PEOPLE:
        await sign(backend, await viewer_of(backend, handle), action_id, answers={"mail": f"{handle}.{MARKER}"})
    return action_id, [row["id"] for row in await parts_of(backend, action_id)]


async def test_the_team_reads_them_with_a_reason_that_the_log_keeps(story: Backend) -> None:
    action_id, ids = await signed(story)
    mara = await viewer_of(story, "mara")
    found = await read_personal(story, mara, action_id=action_id, ids=[ids[1], 1, ids[0]], reason="a complaint")
    told = {one.participation_id: one.answers for one in found}
    assert told == {ids[1]: {"mail": f"jonas.{MARKER}"}, 1: None, ids[0]: {"mail": f"ines.{MARKER}"}}
    (entry,) = await story.database.fetch("select * from audit_log where action = 'participations.read'")
    assert (entry["actor_id"], entry["reason"]) == (mara.user_id, "a complaint")
    assert str(ids[0]) in str(entry["after"])
    assert str(ids[2]) not in str(entry["after"])
    assert MARKER not in str(entry)


async def test_those_of_another_action_are_not_read_along(story: Backend) -> None:
    _, ids = await signed(story)
    with pytest.raises(Refusal) as caught:
        await read_personal(story, await viewer_of(story, "mara"), action_id=1, ids=ids, reason="x")
    assert caught.value.code == ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("by", "reason", "code"),
    [
        ("ines", "mine", ErrorCode.FORBIDDEN),
        ("mara", None, ErrorCode.REQUIRED),
        ("mara", " ", ErrorCode.REQUIRED),
        ("mara", "x" * 501, ErrorCode.TOO_LONG),
    ],
)
async def test_nobody_else_reads_and_nobody_without_a_reason(
    story: Backend, by: str, reason: str | None, code: ErrorCode
) -> None:
    action_id, ids = await signed(story)
    with pytest.raises(Refusal) as caught:
        await read_personal(story, await viewer_of(story, by), action_id=action_id, ids=ids, reason=reason)
    assert caught.value.code == code
    assert await story.database.fetch("select id from audit_log where action = 'participations.read'") == []


async def test_a_token_needs_the_scope(story: Backend) -> None:
    action_id, ids = await signed(story)
    mara = replace(await viewer_of(story, "mara"), scopes=frozenset({"EXPORT", "ACTIONS_READ"}))
    with pytest.raises(ScopeRefusal):
        await read_personal(story, mara, action_id=action_id, ids=ids, reason="x")
    for count in (0, story.settings.ids_limit + 1):
        with pytest.raises(Refusal):
            await read_personal(
                story, await viewer_of(story, "mara"), action_id=action_id, ids=[ids[0]] * count, reason="x"
            )


async def test_what_is_sealed_anew_needs_the_older_key_no_more(story: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.actions.resealing._BATCH", 2)
    before = story.settings.model_copy(update={"secret_key": (OLD,)})
    both = story.settings.model_copy(update={"secret_key": (NEW, OLD)})
    after = story.settings.model_copy(update={"secret_key": (NEW,)})
    story.settings = before
    _, ids = await signed(story)
    print_before = await Fingerprints(story.database, before).of("mail", MARKER)
    assert await reseal(story.database, after) == [
        Resealed("participations", 0, len(ids)),
        Resealed("kept_keys", 0, 1),
    ]
    assert await reseal(story.database, both) == [
        Resealed("participations", len(ids), 0),
        Resealed("kept_keys", 1, 0),
    ]
    rows = await story.database.fetch("select sealed from participations where sealed is not null order by id")
    assert [Seal(after, PERSONAL).open(row["sealed"])["mail"] for row in rows] == [f"{one}.{MARKER}" for one in PEOPLE]
    with pytest.raises(Unreadable):
        Seal(before, PERSONAL).open(rows[0]["sealed"])
    assert await Fingerprints(story.database, after).of("mail", MARKER) == print_before
