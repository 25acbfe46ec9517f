"""What bots sent is struck out by a rule: all that fits and nothing else, and the tally follows once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hub.actions.commands.invalidating import Rule, invalidate
from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import Recounted, recount, tally
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.instants import from_driver, now
from tests.actions.acting import an_action, parts_of, sign, tally_of
from tests.actions.test_guests import ask
from tests.conftest import viewer_of

PEOPLE = {"ines": ("NE", "ad"), "jonas": ("TX", "ad"), "bea": ("NE", None), "yuki": (None, "ad"), "hank": ("IA", "x")}


async def signed(backend: Backend) -> int:
    action_id = await an_action(backend, verification="EMAIL", allow_anonymous=True)
    for handle, (region, referral) in PEOPLE.items():
        await sign(backend, await viewer_of(backend, handle), action_id, region=region, referral=referral)
    await tally(backend.database, 100)
    return action_id


async def strike(
    backend: Backend,
    action_id: int,
    rule: Rule,
    *,
    dry_run: bool = False,
    by: str = "mara",
    reason: str | None = "bots",
) -> int:
    viewer = await viewer_of(backend, by)
    return await invalidate(backend, viewer, action_id=action_id, rule=rule, reason=reason, dry_run=dry_run)


async def struck(backend: Backend, action_id: int) -> set[str]:
    rows = await backend.database.fetch(
        "select u.handle from participations p join users u on u.id = p.user_id"
        " where p.action_id = {as_id action} and p.status = 'INVALIDATED'",
        {"action": action_id},
    )
    return {row["handle"] for row in rows}


async def acts(backend: Backend) -> list[dict[str, Any]]:
    return await backend.database.fetch("select * from audit_log where action = 'participations.invalidated'")


@pytest.mark.parametrize(
    ("rule", "fit"),
    [
        (Rule(region="NE"), {"ines", "bea"}),
        (Rule(referral="ad"), {"ines", "jonas", "yuki"}),
        (Rule(region="NE", referral="ad"), {"ines"}),
        (Rule(since=now() - timedelta(hours=1)), set(PEOPLE)),
        (Rule(before=now() - timedelta(hours=1)), set[str]()),
        (Rule(domain="example.org"), set[str]()),
        (Rule(net_print="0" * 32), set[str]()),
    ],
)
async def test_a_rule_strikes_out_what_fits_it_and_tells_how_many_before(
    story: Backend, rule: Rule, fit: set[str]
) -> None:
    action_id = await signed(story)
    before = await tally_of(story, action_id)
    assert await strike(story, action_id, rule, dry_run=True, reason=None) == len(fit)
    assert await struck(story, action_id) == set()
    assert await acts(story) == []
    assert await strike(story, action_id, rule) == len(fit)
    assert await struck(story, action_id) == fit
    assert await strike(story, action_id, rule) == 0
    assert len(await acts(story)) == (1 if fit else 0)
    assert await tally(story.database, 100) == len(fit)
    after = await tally_of(story, action_id)
    assert after[0] == before[0] - len(fit)
    assert await recount(story.database, action_id) == Recounted(action_id, after[0], after[0])
    assert await tally_of(story, action_id) == after


async def test_the_span_ends_before_its_end(story: Backend) -> None:
    action_id = await signed(story)
    third = sorted(from_driver(row["at"]) for row in await parts_of(story, action_id))[2]
    earlier = await strike(story, action_id, Rule(before=third), dry_run=True)
    later = await strike(story, action_id, Rule(since=third), dry_run=True)
    assert earlier + later == len(PEOPLE)
    assert later >= 3


async def test_many_batches_strike_all_once_and_the_log_has_one_entry(story: Backend) -> None:
    action_id = await signed(story)
    story.settings = story.settings.model_copy(update={"tally_batch": 1})
    rule = Rule(since=now() - timedelta(hours=1))
    counts = await asyncio.gather(*(strike(story, action_id, rule) for _ in range(3)))
    assert sum(counts) == len(PEOPLE)
    assert await struck(story, action_id) == set(PEOPLE)
    (first, *_) = await acts(story)
    assert (first["reason"], '"fit":5' in str(first["after"]).replace(" ", "")) == ("bots", True)


async def test_who_withdrew_stays_withdrawn_and_who_is_struck_out_does_not_come_back(story: Backend) -> None:
    action_id = await signed(story)
    bea = await viewer_of(story, "bea")
    (own,) = [row["id"] for row in await parts_of(story, action_id) if row["user_id"] == bea.user_id]
    await withdraw(story, bea, participation_id=own)
    assert await strike(story, action_id, Rule(region="NE")) == 1
    with pytest.raises(Refusal):
        await sign(story, await viewer_of(story, "ines"), action_id)
    assert (await sign(story, bea, action_id)).id == own


async def test_guests_are_found_by_domain_and_by_net(story: Backend) -> None:
    action_id = await signed(story)
    for name in ("a@Bots.example", "b@bots.example", "c@else.example"):
        await ask(story, action_id, name, key=name)
    assert await strike(story, action_id, Rule(domain="@BOTS.example"), dry_run=True) == 2
    (net,) = {row["net_print"] for row in await parts_of(story, action_id) if row["net_print"]}
    assert await strike(story, action_id, Rule(net_print=net)) == 3
    assert await struck(story, action_id) == set()


async def test_another_action_is_left_alone(story: Backend) -> None:
    action_id = await signed(story)
    with pytest.raises(Refusal) as caught:
        await strike(story, 1, Rule(region="NE"))
    assert caught.value.code == ErrorCode.NOT_FOUND
    assert await struck(story, action_id) == set()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rule": Rule()}, ErrorCode.REQUIRED),
        ({"reason": None}, ErrorCode.REQUIRED),
        ({"reason": " "}, ErrorCode.REQUIRED),
        ({"reason": "x" * 501}, ErrorCode.TOO_LONG),
        ({"rule": Rule(region="")}, ErrorCode.REQUIRED),
        ({"rule": Rule(since=now(), before=now() - timedelta(hours=1))}, ErrorCode.INVALID),
        ({"by": "ines"}, ErrorCode.FORBIDDEN),
    ],
)
async def test_what_is_refused(story: Backend, given: dict[str, Any], code: ErrorCode) -> None:
    action_id = await signed(story)
    with pytest.raises(Refusal) as caught:
        await strike(story, action_id, **{"rule": Rule(region="NE"), **given})
    assert caught.value.code == code
    assert await struck(story, action_id) == set()
