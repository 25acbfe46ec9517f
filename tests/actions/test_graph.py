"""Actions by the API: what a page of a post shows of its action, and what taking part answers."""

from typing import Any

import pytest

from hub.actions.commands.withdrawing import withdraw
from hub.actions.tallying import tally
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.store.instants import to_text
from tests.actions.acting import a_post, an_action, sign
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import attempt, refused, row_id, write

SIGN = {"kind": "SIGN", "verification": "ACCOUNT", "consentText": "We keep your name."}
SHOWN = """query ($id: ID!) { node(id: $id) { ... on Post { action { id state tally { value precision asOf }
    tallyByRegion { region count } milestones { at reachedAt } fields { key label type required choices personal }
    recentPublic(first: 2) { displayName publicNote receipt user { handle } referral { source } }
    participations { nodes { receipt user { handle } } } viewerParticipation { receipt user { handle } }
    viewerCan(abilities: [PARTICIPATE, SEE_PARTICIPANTS, EDIT]) { allowed reason } } } } }"""


async def post_id(client: Client) -> str:
    return to_global("Post", await a_post(client.backend))


async def seen(client: Client, handle: str | None) -> Any:
    """Asked three times: executed, planned, and planned again."""
    found = [(await client.data(SHOWN, handle, id=await post_id(client)))["node"]["action"] for _ in range(3)]
    assert found[0] == found[1] == found[2]
    return found[0]


async def saved(client: Client, **asked: Any) -> str:
    return (await write(client, "saveAction", "mara", postId=await post_id(client), **SIGN, **asked))["action"]["id"]


async def test_who_takes_part_gets_a_receipt_and_the_tally_follows(client: Client) -> None:
    action = await saved(client, milestones=[{"at": 2, "label": "Two"}], goal=2)
    took = await write(client, "participate", "ines", actionId=action, consent=True, region="NE", displayName="I. B.")
    assert len(took["participation"]["receipt"]) == 23
    await write(client, "participate", "jonas", actionId=action, consent=True, publicNote="Yes!", referralCode="mail")
    before = (await seen(client, "ines"))["tally"]
    assert (before["value"], before["precision"]) == (0, "ESTIMATED")
    await tally(client.backend.database, 100)
    shown = await seen(client, "ines")
    (as_of,) = await client.backend.database.fetch(
        "select as_of from action_tallies where id = {as_id id}", {"id": row_id(action)}
    )
    at = as_of["as_of"] if isinstance(as_of["as_of"], str) else to_text(as_of["as_of"])
    assert shown["tally"] == {"value": 2, "precision": "EXACT", "asOf": at}
    assert (shown["state"], shown["tallyByRegion"]) == ("GOAL_REACHED", [{"region": "NE", "count": 1}])
    assert shown["milestones"][0]["reachedAt"] is not None
    assert shown["viewerParticipation"]["receipt"] == took["participation"]["receipt"]


async def test_others_see_what_was_given_to_be_shown_and_no_more(client: Client) -> None:
    action = await saved(client)
    await write(client, "participate", "ines", actionId=action, consent=True, displayName="I. B.", referralCode="x")
    await write(client, "participate", "jonas", actionId=action, consent=True)
    name = {"displayName": "I. B.", "publicNote": None}
    for handle in (None, "jonas", "otto"):
        shown = await seen(client, handle)
        assert shown["recentPublic"] == [{**name, "receipt": None, "user": None, "referral": None}]
        assert shown["participations"]["nodes"] == []
    for handle in ("ines", "mara"):
        (one,) = (await seen(client, handle))["recentPublic"]
        assert (one["user"], one["referral"]) == ({"handle": "ines"}, {"source": "x"})
        assert one["receipt"]
    listed = (await seen(client, "mara"))["participations"]["nodes"]
    assert [one["user"]["handle"] for one in listed] == ["ines", "jonas"]


async def test_who_may_list_all_or_change_it_is_told_so(client: Client) -> None:
    await saved(client)
    for place in (1, 2):
        told = {who: (await seen(client, who))["viewerCan"][place]["reason"] for who in (None, "ines", "otto", "mara")}
        assert told == {None: "UNAUTHENTICATED", "ines": "FORBIDDEN", "otto": "FORBIDDEN", "mara": None}


async def test_whoever_takes_part_already_hears_of_the_first(client: Client) -> None:
    action = await saved(client)
    first = await write(client, "participate", "ines", actionId=action, consent=True, idempotencyKey="one")
    again = await write(client, "participate", "ines", actionId=action, consent=True, idempotencyKey="one")
    assert (again["participation"], again["replayed"]) == (first["participation"], True)
    error = await refused(client, "participate", "ines", actionId=action, consent=True)
    assert (error["__typename"], error["code"]) == ("DuplicateError", "DUPLICATE")
    assert error["existing"] == {"id": first["participation"]["id"]}
    gone = await write(client, "withdrawParticipation", "ines", id=first["participation"]["id"])
    assert (gone["participation"]["status"], gone["replayed"]) == ("WITHDRAWN", False)
    assert (await write(client, "withdrawParticipation", "ines", id=first["participation"]["id"]))["replayed"] is True


async def test_what_withdrew_is_shown_to_nobody_else(client: Client) -> None:
    action = await saved(client)
    took = await write(client, "participate", "ines", actionId=action, consent=True, displayName="I. B.")
    ines = await viewer_of(client.backend, "ines")
    await withdraw(client.backend, ines, participation_id=row_id(took["participation"]["id"]))
    look = "query ($id: ID!) { node(id: $id) { ... on Participation { status } } }"
    answers = [(await client.data(look, who, id=took["participation"]["id"]))["node"] for who in (None, "ines", "mara")]
    assert answers == [None, {"status": "WITHDRAWN"}, {"status": "WITHDRAWN"}]
    assert (await seen(client, None))["recentPublic"] == []


async def test_a_region_that_everybody_left_is_not_listed(client: Client) -> None:
    action = await saved(client)
    took = await write(client, "participate", "ines", actionId=action, consent=True, region="TX")
    await tally(client.backend.database, 100)
    assert (await seen(client, None))["tallyByRegion"] == [{"region": "TX", "count": 1}]
    await write(client, "withdrawParticipation", "ines", id=took["participation"]["id"])
    await tally(client.backend.database, 100)
    assert (await seen(client, None))["tallyByRegion"] == []


async def test_one_finds_where_one_takes_part(client: Client) -> None:
    action = await saved(client)
    await write(client, "participate", "ines", actionId=action, consent=True)
    mine = "{ viewer { participations { nodes { action { id post { slug } } receipt } } } }"
    one, *earlier = (await client.data(mine, "ines"))["viewer"]["participations"]["nodes"]
    assert one["action"]["id"] == action
    slugs = [part["action"]["post"]["slug"] for part in earlier]
    assert slugs == ["write-to-your-senator", "nebraska-take-action"]
    assert (await client.data(mine, "otto"))["viewer"]["participations"]["nodes"] == []


async def test_posts_are_filtered_by_open_actions(client: Client) -> None:
    listed = "query ($f: PostFilter) { posts(first: 100, filter: $f) { nodes { id } } }"

    async def found() -> list[str]:
        nodes = (await client.data(listed, None, f={"openActionsOnly": True}))["posts"]["nodes"]
        return [one["id"] for one in nodes]

    assert await post_id(client) not in await found()
    await saved(client)
    assert await post_id(client) in await found()
    await saved(client, paused=True)
    assert await post_id(client) not in await found()


ASKS = [
    ({"kind": "SUPPORT_BILL"}, "INVALID", "bill"),
    ({"kind": "SIGN", "bill": {"jurisdiction": "Nebraska", "number": "LB 501"}}, "INVALID", "bill"),
    ({"kind": "DONATE_ELSEWHERE"}, "REQUIRED", "externalUrl"),
    ({"kind": "DONATE_ELSEWHERE", "externalUrl": "http://give.example"}, "INVALID", "externalUrl"),
    ({"kind": "CONTACT_OFFICIAL"}, "REQUIRED", "target"),
    ({"kind": "PLEDGE"}, "INVALID", "pledge"),
    ({"pledge": {"unit": "HOURS"}}, "INVALID", "pledge"),
    ({"kind": "PLEDGE", "pledge": {"unit": "MONEY", "currency": "usd"}}, "INVALID", "pledge"),
    ({"kind": "PLEDGE", "pledge": {"unit": "MONEY"}}, "INVALID", "pledge"),
    ({"kind": "PLEDGE", "pledge": {"unit": "HOURS", "currency": "USD"}}, "INVALID", "pledge"),
    ({"kind": "PLEDGE", "pledge": {"unit": "HOURS", "goal": 0}}, "INVALID", "pledge"),
    ({"opensAt": "2030-01-02T00:00:00Z", "closesAt": "2030-01-01T00:00:00Z"}, "INVALID", "closesAt"),
    ({"goal": 0}, "INVALID", "goal"),
    ({"milestones": [{"at": 1, "label": "a"}, {"at": 1, "label": "b"}]}, "INVALID", "milestones"),
    ({"fields": [{"key": "a", "label": "a", "type": "CHOICE"}]}, "INVALID", "fields"),
    ({"fields": [{"key": "a", "label": "a", "type": "TEXT"}] * 2}, "INVALID", "fields"),
    ({"consentText": " "}, "REQUIRED", "consentText"),
    ({"expectedVersion": 7}, "CONFLICT", "expectedVersion"),
]


@pytest.mark.parametrize(("asked", "code", "path"), ASKS, ids=[f"{code} {path}" for _, code, path in ASKS])
async def test_what_makes_no_sense_is_not_asked(client: Client, asked: dict[str, Any], code: str, path: str) -> None:
    await saved(client)
    error = await refused(client, "saveAction", "mara", postId=await post_id(client), **{**SIGN, **asked})
    assert (error["code"], error["path"][:2]) == (code, ["input", path])


@pytest.mark.parametrize("answers", ["x", 7, [1], {"shirt": {"a": 1}}, {"shirt": [[1]]}, {"shirt": 10**13}])
async def test_answers_that_are_no_form_are_refused(client: Client, answers: Any) -> None:
    field = {"key": "shirt", "label": "Which size?", "type": "MULTI_CHOICE", "choices": ["S", "M"]}
    action = await saved(client, fields=[field])
    payload = await attempt(client, "participate", "ines", actionId=action, consent=True, answers=answers)
    (error,) = payload["errors"]
    assert (error["code"], error["path"][:2]) == ("INVALID", ["input", "answers"])


async def test_one_person_takes_part_no_faster_than_the_settings_say(client: Client) -> None:
    action = await saved(client)
    here = client.under(participation_burst=2, participations_per_second=0.001)
    codes = [
        [
            error["code"]
            for error in (await attempt(here, "participate", "ines", actionId=action, consent=True))["errors"]
        ]
        for _ in range(3)
    ]
    assert codes == [[], ["DUPLICATE"], ["RATE_LIMITED"]]
    assert (await attempt(here, "participate", "jonas", actionId=action, consent=True))["errors"] == []


async def test_answers_are_read_by_their_scope_and_the_personal_ones_never(story: Backend) -> None:
    from hub.actions.commands.asking import Question

    mail = Question("mail", "Where do we reach you?", "EMAIL", required=True, personal=True)
    shirt = Question("shirt", "Which size?", "CHOICE", required=False, personal=False, choices=("S", "M"))
    action_id = await an_action(story, questions=[mail, shirt])
    took = await sign(
        story,
        await viewer_of(story, "ines"),
        action_id,
        answers={"mail": "a@b.example", "shirt": "M"},
        display_name="I",
    )
    client, look = Client(story), "query ($id: ID!) { node(id: $id) { ... on Participation { answers } } }"
    for handle, answers in ((None, None), ("jonas", None), ("ines", {"shirt": "M"}), ("mara", {"shirt": "M"})):
        for _ in range(2):
            node = (await client.data(look, handle, id=to_global("Participation", took.id)))["node"]
            assert node == {"answers": answers}
