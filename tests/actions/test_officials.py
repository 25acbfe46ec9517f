"""Officials by region, a letter to each, and who turned to whom: known to the person and the team."""

import asyncio
from typing import Any

import pytest

from hub.actions.commands import saving, writing
from hub.actions.commands.asking import Letter, Official, Target
from hub.actions.commands.drafting import Part
from hub.actions.commands.guests import participate_as_guest, prune
from hub.actions.commands.outreach import Reached
from hub.actions.commands.withdrawing import withdraw
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import NOBODY
from hub.store.instants import now
from tests.actions.acting import an_action, parts_of, sign
from tests.actions.test_exporting import exported
from tests.actions.test_pledges import WAIT, Halted
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import refused, write

NEBRASKA = Official(key="ne", name="Ada {name}", office="Senator", region="NE", email="ada@senate.example")
TEXAS = Official(key="tx", name="Ben", region="TX", phone="+1 512 555 0100")
CHAIR = Official(key="chair", name="Cleo", url="https://senate.example/chair")
LETTER = Letter("To {official}", "Dear {office} {official} of {region},\n{name}")
MAILED, CALLED = Reached("ne", "MAIL"), Reached("chair", "PHONE")
LISTED = """query ($id: ID!, $region: String) { node(id: $id) { ... on Action { letter { subject body }
    officials(region: $region) { key name email phone contactUrl contacts letter { subject body } }
    viewerParticipation { outreach { channel official { key } } }
    recentPublic { outreach { channel } }
    participations { nodes { outreach { channel official { key } } } } } } }"""


async def contacting(backend: Backend, *officials: Official, **asked: Any) -> int:
    listed = officials or (TEXAS, NEBRASKA, CHAIR)
    return await an_action(backend, kind="CONTACT_OFFICIAL", **{"officials": listed, "letter": LETTER, **asked})


async def listed(client: Client, action_id: int, handle: str | None, region: str | None = None) -> Any:
    """Asked twice: executed, and planned."""
    given = {"id": to_global("Action", action_id), "region": region}
    first, again = [(await client.data(LISTED, handle, **given))["node"] for _ in range(2)]
    assert first == again
    return first


async def reached(backend: Backend) -> set[tuple[str, str]]:
    """Whom anybody turned to of those listed here, by which channel."""
    sql = "select o.key, r.channel from action_outreach r join action_officials o on o.id = r.official_id"
    rows = {(row["key"], row["channel"]) for row in await backend.database.fetch(sql)}
    return {one for one in rows if one[0] in {"ne", "tx", "chair"}}


async def test_officials_of_a_region_come_with_those_of_everybody_in_order(story: Backend) -> None:
    action_id = await contacting(story)
    for region, keys in ((None, ["tx", "ne", "chair"]), ("NE", ["ne", "chair"]), ("ZZ", ["chair"])):
        shown = await listed(Client(story), action_id, None, region)
        assert [one["key"] for one in shown["officials"]] == keys
    await contacting(story, CHAIR, NEBRASKA)
    shown = await listed(Client(story), action_id, None)
    assert [one["key"] for one in shown["officials"]] == ["chair", "ne"]


async def test_the_letter_is_filled_in_for_the_official_and_the_viewer(story: Backend) -> None:
    action_id, client = await contacting(story), Client(story)
    (ines,) = await story.database.fetch("select display_name from users where handle = 'ines'")
    for handle, name in (("ines", ines["display_name"]), (None, "{name}")):
        shown = await listed(client, action_id, handle, "NE")
        senator, chair = shown["officials"]
        assert senator["letter"] == {
            "subject": "To Ada {name}",
            "body": f"Dear Senator Ada {{name}} of NE,\n{name}",
        }
        assert chair["letter"]["body"] == f"Dear  Cleo of ,\n{name}"
        assert shown["letter"] == {"subject": LETTER.subject, "body": LETTER.body}
    await contacting(story, letter=None)
    shown = await listed(client, action_id, None)
    assert (shown["letter"], shown["officials"][0]["letter"]) == (None, None)


async def test_who_turned_to_whom_is_known_to_the_person_and_the_team(client: Client) -> None:
    action_id = await contacting(client.backend)
    said = {"actionId": to_global("Action", action_id), "consent": True, "displayName": "I. B."}
    outreach = [{"official": "ne", "channel": "MAIL"}] * 2
    await write(client, "participate", "ines", outreach=outreach, **said)
    seen = {"channel": "MAIL", "official": {"key": "ne"}}
    for handle, own, public, everybodys, contacts in (
        ("ines", [seen], [{"channel": "MAIL"}], [], None),
        ("mara", None, [{"channel": "MAIL"}], [seen], 1),
        ("jonas", None, [], [], None),
        ("otto", None, [], [], None),
        (None, None, [], [], None),
    ):
        shown = await listed(client, action_id, handle, "NE")
        assert (shown["viewerParticipation"] or {}).get("outreach") == own
        assert shown["recentPublic"] == [{"outreach": public}]
        assert [part["outreach"] for part in shown["participations"]["nodes"]] == ([everybodys] if everybodys else [])
        assert [one["contacts"] for one in shown["officials"]] == [contacts, 0 if contacts else None]


async def test_more_is_recorded_once_by_whose_part_it_is(client: Client) -> None:
    action_id = await contacting(client.backend)
    took = await sign(client.backend, await viewer_of(client.backend, "ines"), action_id, outreach=[MAILED])
    part = to_global("Participation", took.id)
    more = [{"official": "ne", "channel": "MAIL"}, {"official": "chair", "channel": "PHONE"}]
    for replayed in (False, True):
        payload = await write(client, "recordOutreach", "ines", participationId=part, outreach=more)
        assert payload["replayed"] == replayed
    assert await reached(client.backend) == {("ne", "MAIL"), ("chair", "PHONE")}
    for handle, said, code in (
        ("jonas", more, "NOT_FOUND"),
        ("mara", more, "NOT_FOUND"),
        ("ines", [], "REQUIRED"),
        ("ines", more * 11, "INVALID"),
        ("ines", [{"official": "nobody", "channel": "MAIL"}], "NOT_FOUND"),
    ):
        error = await refused(client, "recordOutreach", handle, participationId=part, outreach=said)
        assert error["code"] == code
    await contacting(client.backend, paused=True)
    assert (await refused(client, "recordOutreach", "ines", participationId=part, outreach=more))["code"] == "LOCKED"
    await withdraw(client.backend, await viewer_of(client.backend, "ines"), participation_id=took.id)
    assert (await refused(client, "recordOutreach", "ines", participationId=part, outreach=more))["code"] == "FORBIDDEN"


async def test_who_comes_back_adds_to_it_and_who_withdrew_counts_for_nobody(story: Backend) -> None:
    action_id, ines = await contacting(story), await viewer_of(story, "ines")
    took = await sign(story, ines, action_id, outreach=[MAILED])
    await withdraw(story, ines, participation_id=took.id)
    shown = await listed(Client(story), action_id, "mara", "NE")
    assert [one["contacts"] for one in shown["officials"]] == [0, 0]
    assert (await sign(story, ines, action_id, outreach=[MAILED, CALLED])).id == took.id
    assert await reached(story) == {("ne", "MAIL"), ("chair", "PHONE")}
    shown = await listed(Client(story), action_id, "mara", "NE")
    assert [one["contacts"] for one in shown["officials"]] == [1, 1]


@pytest.mark.parametrize(
    ("outreach", "code"),
    [
        (None, ErrorCode.REQUIRED),
        ([], ErrorCode.REQUIRED),
        ([MAILED] * 21, ErrorCode.INVALID),
        ([Reached("nobody", "MAIL")], ErrorCode.NOT_FOUND),
    ],
)
async def test_one_says_to_whom_one_turned(story: Backend, outreach: Any, code: ErrorCode) -> None:
    action_id = await contacting(story)
    with pytest.raises(Refusal) as caught:
        await sign(story, await viewer_of(story, "ines"), action_id, outreach=outreach)
    assert (caught.value.code, caught.value.path) == (code, ("outreach",))
    assert await parts_of(story, action_id) == []


async def test_without_officials_nobody_turned_to_one(story: Backend) -> None:
    action_id = await an_action(story, kind="CONTACT_OFFICIAL", target=Target("The mayor"))
    with pytest.raises(Refusal) as caught:
        await sign(story, await viewer_of(story, "ines"), action_id, outreach=[MAILED])
    assert caught.value.path == ("outreach",)
    await sign(story, await viewer_of(story, "ines"), action_id)


async def test_who_has_no_account_turns_to_them_too_and_leaves_nothing_unconfirmed(story: Backend) -> None:
    action_id = await contacting(story, allow_anonymous=True, verification="NONE")
    part = Part(consent=True, outreach=[MAILED])
    await participate_as_guest(story, NOBODY, action_id=action_id, part=part, key="k", email=None, net="")
    assert await reached(story) == {("ne", "MAIL")}
    await prune(story.database, now())
    assert await reached(story) == {("ne", "MAIL")}
    await story.database.write("update participations set status = 'PENDING_VERIFICATION' where user_id is null", {})
    await asyncio.sleep(0.01)
    await prune(story.database, now())
    assert await reached(story) == set()


async def test_an_official_to_whom_somebody_turned_stays(story: Backend) -> None:
    action_id = await contacting(story)
    await sign(story, await viewer_of(story, "ines"), action_id, outreach=[MAILED])
    with pytest.raises(Refusal) as caught:
        await contacting(story, CHAIR)
    assert caught.value.path == ("officials",)
    with pytest.raises(Refusal):
        await an_action(story)
    await contacting(story, NEBRASKA)
    listed = "select id from action_officials where action_id = {as_id action}"
    assert len(await story.database.fetch(listed, {"action": action_id})) == 1
    assert await reached(story) == {("ne", "MAIL")}


async def test_one_to_whom_somebody_turns_meanwhile_stays_too(story: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    action_id, ines = await contacting(story), await viewer_of(story, "ines")
    halted = Halted(writing._TURN_TO)
    monkeypatch.setattr(writing, "_TURN_TO", halted)
    turning = asyncio.create_task(sign(story, ines, action_id, outreach=[MAILED]))
    await halted.done.wait()
    change = asyncio.create_task(contacting(story, CHAIR))
    await asyncio.wait([change], timeout=WAIT)
    halted.may.set()
    await turning
    with pytest.raises(Refusal):
        await change


async def test_nobody_turns_to_one_who_was_just_left_out(story: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    action_id, ines = await contacting(story), await viewer_of(story, "ines")
    halted = Halted(saving._CHANGE)
    monkeypatch.setattr(saving, "_CHANGE", halted)
    change = asyncio.create_task(contacting(story, CHAIR))
    await halted.done.wait()
    turning = asyncio.create_task(sign(story, ines, action_id, outreach=[MAILED]))
    await asyncio.wait([turning], timeout=WAIT)
    halted.may.set()
    await change
    with pytest.raises(Refusal) as caught:
        await turning
    assert (caught.value.code, caught.value.path) == (ErrorCode.NOT_FOUND, ("outreach",))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"officials": ()}, "target"),
    ({"kind": "SIGN", "letter": None}, "officials"),
    ({"officials": [CHAIR, CHAIR]}, "officials"),
    ({"officials": [Official(key="a", name="A")]}, "officials"),
    ({"officials": [Official(key="a", name="A", phone="call me")]}, "officials"),
    ({"officials": [Official(key="a", name="A", email="at home")]}, "officials"),
    ({"officials": [Official(key=f"{number}", name="A", phone="12345") for number in range(101)]}, "officials"),
    ({"officials": (), "target": Target("The mayor")}, "letter"),
    ({"letter": Letter("Hello {nickname}", "x")}, "letter"),
    ({"letter": Letter("Hello", "{ name }")}, "letter"),
]


@pytest.mark.parametrize(("asked", "path"), WRONG, ids=range(len(WRONG)))
async def test_officials_and_letters_that_make_no_sense_are_refused(
    story: Backend, asked: dict[str, Any], path: str
) -> None:
    with pytest.raises(Refusal) as caught:
        await an_action(story, **{"kind": "CONTACT_OFFICIAL", "officials": [CHAIR], "letter": LETTER, **asked})
    assert caught.value.path == (path,)


async def test_the_export_has_it(story: Backend) -> None:
    action_id = await contacting(story)
    await sign(story, await viewer_of(story, "ines"), action_id, outreach=[MAILED, CALLED])
    assert "ne:MAIL; chair:PHONE" in await exported(story, action_id, "csv")
    assert '"outreach":[{"official":"ne","channel":"MAIL"' in await exported(story, action_id, "jsonl")
