"""People take part once, while it is open, and get a receipt at once."""

import asyncio
from datetime import timedelta

import pytest

from hub.actions.commands.asking import Question
from hub.actions.commands.drafting import PERSONAL
from hub.actions.commands.withdrawing import withdraw
from hub.live.backend import Backend
from hub.notifications.audiences import next_people, participants
from hub.refusals import DuplicateRefusal, ErrorCode, Refusal
from hub.store.audience import Standing, Viewer
from hub.store.instants import now
from hub.store.sealing import Seal, Unreadable
from tests.actions.acting import an_action, parts_of, sign
from tests.conftest import viewer_of

MARKER = "marker-4711@example.org"
ADDRESS = Question("mail", "Where do we reach you?", "EMAIL", required=True, personal=True)
SHIRT = Question("shirt", "Which size?", "CHOICE", required=False, personal=False, choices=("S", "M"))


async def refused(backend: Backend, handle: str, action_id: int, **said: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await sign(backend, await viewer_of(backend, handle), action_id, **said)
    return caught.value


async def test_a_person_takes_part_once_and_hears_which_participation_there_is(story: Backend) -> None:
    action_id = await an_action(story)
    ines = await viewer_of(story, "ines")
    first = await sign(story, ines, action_id, key="one")
    again = await sign(story, ines, action_id, key="one")
    assert (again.id, again.replayed, first.replayed) == (first.id, True, False)
    with pytest.raises(DuplicateRefusal) as caught:
        await sign(story, ines, action_id, key="two")
    assert caught.value.existing == ("Participation", first.id)
    assert (await refused(story, "ines", action_id, key="one", region="NE")).code == ErrorCode.IDEMPOTENCY_MISMATCH
    assert len(await parts_of(story, action_id)) == 1


async def test_fifty_at_once_in_two_processes_make_one_participation(story: Backend) -> None:
    action_id = await an_action(story)
    ines = await viewer_of(story, "ines")
    other = await Backend.open(story.settings)
    try:
        same = [sign(side, ines, action_id, key="same") for side in (story, other) * 12]
        different = [sign(side, ines, action_id) for side in (story, other) * 13]
        answers = await asyncio.gather(*same, *different, return_exceptions=True)
    finally:
        await other.close()
    (row,) = await parts_of(story, action_id)
    took = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert {answer.id for answer in took} == {row["id"]}
    assert sum(not answer.replayed for answer in took) == 1
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= {DuplicateRefusal}
    assert len(took) in {1, 24}


async def test_one_that_cannot_be_written_fails_alone_among_those_written_with_it(story: Backend) -> None:
    action_id = await an_action(story)
    people = [await viewer_of(story, handle) for handle in ("ines", "jonas", "bea", "yuki")]
    # Her key made something else, and nobody sees that before it is written.
    await story.database.write(
        "insert into idempotency (id, scope, key, digest, ref_id, at) values (1, :scope, 'used', 'else', 1, {now})",
        {"scope": f"participate:{people[0].user_id}"},
    )
    signing = (sign(story, viewer, action_id, key="used") for viewer in people)
    answers = await asyncio.gather(*signing, return_exceptions=True)
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == ErrorCode.IDEMPOTENCY_MISMATCH
    stored = {row["id"] for row in await parts_of(story, action_id)}
    assert {answer.id for answer in answers[1:] if not isinstance(answer, BaseException)} == stored
    assert len(stored) == 3


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"paused": True}, ErrorCode.LOCKED),
        ({"opens_at": now() + timedelta(hours=1)}, ErrorCode.LOCKED),
        ({"closes_at": now() - timedelta(hours=1)}, ErrorCode.CLOSED),
    ],
)
async def test_what_is_not_open_takes_nobody(story: Backend, asked: dict[str, object], code: ErrorCode) -> None:
    action_id = await an_action(story, **asked)
    assert (await refused(story, "ines", action_id)).code == code
    assert await parts_of(story, action_id) == []


async def test_the_first_answer_stays_when_it_is_over(story: Backend) -> None:
    action_id = await an_action(story)
    first = await sign(story, await viewer_of(story, "ines"), action_id, key="one")
    await an_action(story, closes_at=now() - timedelta(seconds=1))
    assert (await sign(story, await viewer_of(story, "ines"), action_id, key="one")).id == first.id


async def test_nobody_takes_part_without_agreeing(story: Backend) -> None:
    refusal = await refused(story, "ines", await an_action(story), consent=False)
    assert (refusal.code, refusal.path) == (ErrorCode.REQUIRED, ("consent",))


async def test_a_new_wording_is_a_new_version_and_the_old_one_stays(story: Backend) -> None:
    action_id = await an_action(story)
    await sign(story, await viewer_of(story, "ines"), action_id)
    assert await an_action(story, consent_text="We keep it for a year.") == action_id
    await sign(story, await viewer_of(story, "jonas"), action_id)
    assert [row["consent_version"] for row in await parts_of(story, action_id)] == [1, 2]
    rows = await story.database.fetch(
        "select version, text from action_consents where action_id = {as_id id} order by version", {"id": action_id}
    )
    assert [(row["version"], row["text"][:10]) for row in rows] == [(1, "We keep yo"), (2, "We keep it")]


async def test_whoever_withdrew_may_come_back_with_the_same_receipt(story: Backend) -> None:
    action_id = await an_action(story)
    ines = await viewer_of(story, "ines")
    first = await sign(story, ines, action_id)
    (before,) = await parts_of(story, action_id)
    assert [await withdraw(story, ines, participation_id=first.id) for _ in range(2)] == [False, True]
    assert (await parts_of(story, action_id))[0]["status"] == "WITHDRAWN"
    assert (await sign(story, ines, action_id)).id == first.id
    (after,) = await parts_of(story, action_id)
    assert (after["status"], after["receipt"]) == ("COUNTED", before["receipt"])


async def test_who_is_not_signed_in_is_told_so_before_anything_is_looked_up(story: Backend) -> None:
    with pytest.raises(Refusal) as caught:
        await sign(story, Viewer(), 1, key="")
    assert caught.value.code == ErrorCode.UNAUTHENTICATED


async def test_nobody_withdraws_for_another(story: Backend) -> None:
    took = await sign(story, await viewer_of(story, "ines"), await an_action(story))
    with pytest.raises(Refusal) as caught:
        await withdraw(story, await viewer_of(story, "jonas"), participation_id=took.id)
    assert caught.value.code == ErrorCode.NOT_FOUND


async def test_an_app_of_a_club_withdraws_nobody_from_what_it_does_not_see(story: Backend) -> None:
    ines = await viewer_of(story, "ines")
    took = await sign(story, ines, await an_action(story))
    app = Viewer(user_id=ines.user_id, standing=Standing.CLUB_APP, within=2**60)
    with pytest.raises(Refusal) as caught:
        await withdraw(story, app, participation_id=took.id)
    assert caught.value.code == ErrorCode.NOT_FOUND
    assert await withdraw(story, ines, participation_id=took.id) is False


async def test_personal_answers_are_sealed_and_plain_ones_are_not(story: Backend) -> None:
    action_id = await an_action(story, questions=[ADDRESS, SHIRT])
    await sign(story, await viewer_of(story, "ines"), action_id, answers={"mail": MARKER, "shirt": "M"})
    for table in ("participations", "idempotency", "audit_log", "log"):
        assert MARKER not in str(await story.database.fetch(f"select * from {table}"))
    (row,) = await parts_of(story, action_id)
    assert "shirt" in str(row["answers"])
    assert Seal(story.settings, PERSONAL).open(row["sealed"]) == {"mail": MARKER}


@pytest.mark.parametrize(
    "answers", [{}, {"mail": MARKER, "shirt": MARKER}, {"mail": f"{MARKER} no"}, {"mail": MARKER, MARKER: "M"}]
)
async def test_answers_that_do_not_fit_are_refused_and_not_repeated(story: Backend, answers: dict[str, str]) -> None:
    refusal = await refused(story, "ines", await an_action(story, questions=[ADDRESS, SHIRT]), answers=answers)
    assert refusal.path[0] == "answers"
    assert MARKER not in f"{refusal} {refusal.path}"


async def test_what_an_older_key_sealed_opens_under_the_newer_ones(story: Backend) -> None:
    old, new = "o" * 40, "n" * 40
    kept = Seal(story.settings.model_copy(update={"secret_key": (old,)}), PERSONAL).close({"mail": MARKER})
    both = Seal(story.settings.model_copy(update={"secret_key": (new, old)}), PERSONAL)
    alone = Seal(story.settings.model_copy(update={"secret_key": (new,)}), PERSONAL)
    assert both.open(kept) == alone.open(both.renew(kept)) == {"mail": MARKER}
    for seal, sealed in ((alone, kept), (Seal(story.settings, "else"), both.renew(kept))):
        with pytest.raises(Unreadable):
            seal.open(sealed)


async def test_who_takes_part_is_to_hear_of_the_post_until_they_withdraw(story: Backend) -> None:
    action_id = await an_action(story)
    (post,) = await story.database.fetch("select post_id from actions where id = :id", {"id": action_id})
    people = {handle: await viewer_of(story, handle) for handle in ("ines", "otto", "mara")}
    took = {handle: await sign(story, viewer, action_id) for handle, viewer in people.items()}
    ids = sorted(viewer.user_id or 0 for viewer in people.values())
    taking_part = [participants(post["post_id"])]
    assert [*await next_people(story.database, taking_part, 0, 2)] == ids[:2]
    assert [*await next_people(story.database, taking_part, ids[1], 2)] == ids[2:]
    await withdraw(story, people["ines"], participation_id=took["ines"].id)
    assert people["ines"].user_id not in await next_people(story.database, taking_part, 0, 10)
