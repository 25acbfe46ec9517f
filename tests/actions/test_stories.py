"""Stories are read by the policy team before others see them, and by nobody once they are taken back."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from hub.actions.commands.drafting import Part
from hub.actions.commands.guests import participate_as_guest
from hub.actions.commands.invalidating import Rule, invalidate
from hub.actions.commands.stories import Review, review_stories
from hub.actions.commands.withdrawing import withdraw
from hub.graph.ids import to_global
from hub.live.backend import Backend
from hub.refusals import AccessRefusal, ErrorCode, Refusal
from hub.store.audience import NOBODY
from hub.store.instants import now
from tests.actions.acting import an_action, parts_of, sign
from tests.actions.test_exporting import exported
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import attempt, refused, write
from tests.notifications.told import do_jobs, inbox, texts

MARKER = "marker-4712"
STORY = f"It was **cold**, {MARKER}."
TOLD = "Staff read the story that you told below a post: see what became of it."
_PART = "id displayName review story { source html excerpt }"
LISTED = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Action {{ recentPublic {{ {_PART} }}
    viewerParticipation {{ {_PART} }} participations {{ nodes {{ {_PART} }} }} }} }} }}"""
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Participation {{ {_PART} }} }} }}"
EVERYBODY = (None, "jonas", "otto", "ines", "mara")


async def telling(backend: Backend, **asked: Any) -> int:
    return await an_action(backend, kind="SHARE_STORY", **asked)


async def told(backend: Backend, handle: str = "ines", **said: Any) -> tuple[int, int]:
    action_id = await telling(backend)
    took = await sign(backend, await viewer_of(backend, handle), action_id, **{"story": STORY, **said})
    return action_id, took.id


async def decide(backend: Backend, action_id: int, ids: Sequence[int], *, by: str = "mara", **said: Any) -> int:
    review = Review(ids=ids, **{"verdict": "APPROVED", **said})
    return await review_stories(backend, await viewer_of(backend, by), action_id=action_id, review=review)


async def shown_to(client: Client, action_id: int, part_id: int) -> set[str | None]:
    """Who finds the story by any of the ways that there are, each asked twice: executed, and planned."""
    found: set[str | None] = set()
    for handle in EVERYBODY:
        for document, node in ((LISTED, to_global("Action", action_id)), (NODE, to_global("Participation", part_id))):
            first, again = [await client.data(document, handle, id=node) for _ in range(2)]
            assert first == again
            if MARKER in str(first):
                found.add(handle)
    return found


@pytest.mark.parametrize("name", [None, "Ines"])
async def test_it_is_shown_to_few_until_it_is_approved(story: Backend, name: str | None) -> None:
    action_id, part_id = await told(story, display_name=name)
    client = Client(story)
    assert await shown_to(client, action_id, part_id) == {"ines", "mara"}
    assert await decide(story, action_id, [part_id]) == 1
    assert await shown_to(client, action_id, part_id) == set(EVERYBODY)
    (shown,) = (await client.data(LISTED, None, id=to_global("Action", action_id)))["node"]["recentPublic"]
    assert shown["story"] == {
        "source": STORY,
        "html": f"<p>It was <strong>cold</strong>, {MARKER}.</p>\n",
        "excerpt": f"It was cold, {MARKER}.",
    }
    assert shown["review"] is None
    assert await decide(story, action_id, [part_id], verdict="DECLINED") == 1
    assert await shown_to(client, action_id, part_id) == {"ines", "mara"}


@pytest.mark.parametrize("before", [None, "APPROVED", "DECLINED"])
async def test_what_is_withdrawn_is_shown_to_nobody_and_told_anew_waits_again(
    story: Backend, before: str | None
) -> None:
    action_id, part_id = await told(story)
    if before:
        await decide(story, action_id, [part_id], verdict=before)
    ines = await viewer_of(story, "ines")
    await withdraw(story, ines, participation_id=part_id)
    assert await shown_to(Client(story), action_id, part_id) == set()
    assert MARKER not in await exported(story, action_id, "jsonl")
    assert await decide(story, action_id, [part_id]) == 0
    assert (await sign(story, ines, action_id, story=f"Another one, {MARKER}.")).id == part_id
    (row,) = await parts_of(story, action_id)
    assert (row["review"], row["story_source"], row["story_html"], row["story_excerpt"]) == (
        "PENDING",
        f"Another one, {MARKER}.",
        f"<p>Another one, {MARKER}.</p>\n",
        f"Another one, {MARKER}.",
    )
    assert await shown_to(Client(story), action_id, part_id) == {"ines", "mara"}


async def test_what_is_struck_out_is_shown_to_nobody(story: Backend) -> None:
    action_id, part_id = await told(story, region="TX", display_name="I.")
    await decide(story, action_id, [part_id])
    mara = await viewer_of(story, "mara")
    await invalidate(story, mara, action_id=action_id, rule=Rule(region="TX"), reason="Bots.", dry_run=False)
    assert await shown_to(Client(story), action_id, part_id) == set()


async def test_a_story_that_the_team_has_not_read_is_not_approved_for_one_that_it_has(story: Backend) -> None:
    action_id, part_id = await told(story)
    read = now()
    await story.database.write("update participations set at = {as_instant at}", {"at": read + timedelta(seconds=1)})
    assert await decide(story, action_id, [part_id], as_of=read) == 0
    assert await decide(story, action_id, [part_id], as_of=read + timedelta(seconds=1)) == 1


async def test_the_team_lists_those_that_wait(client: Client) -> None:
    action_id = await telling(client.backend)
    ids = {
        handle: (await sign(client.backend, await viewer_of(client.backend, handle), action_id, story=STORY)).id
        for handle in ("ines", "jonas", "bea", "theo")
    }
    await withdraw(client.backend, await viewer_of(client.backend, "theo"), participation_id=ids["theo"])
    await decide(client.backend, action_id, [ids["jonas"]])
    document = """query ($id: ID!, $review: StoryReview) { node(id: $id) { ... on Action {
        participations(review: $review) { nodes { id } } } } }"""
    for handle, review, listed in (
        ("mara", "PENDING", ["ines", "bea"]),
        ("mara", "APPROVED", ["jonas"]),
        ("mara", None, ["ines", "jonas", "bea", "theo"]),
        ("ines", "PENDING", []),
    ):
        for _ in range(2):
            data = await client.data(document, handle, id=to_global("Action", action_id), review=review)
            shown = [one["id"] for one in data["node"]["participations"]["nodes"]]
            assert shown == [to_global("Participation", ids[one]) for one in listed]


async def test_deciding_is_audited_told_to_the_author_and_safe_to_repeat(client: Client) -> None:
    action_id, part_id = await told(client.backend)
    said = {
        "actionId": to_global("Action", action_id),
        "participationIds": [to_global("Participation", part_id)] * 2,
        "decision": "APPROVED",
        "reason": "Lovely.",
    }
    for count in (1, 0):
        payload = await write(client, "reviewStories", "mara", **said)
        assert (payload["count"], payload["replayed"]) == (count, not count)
    await do_jobs(client.backend)
    assert texts(await inbox(client, "ines")) == [TOLD]
    assert texts(await inbox(client, "jonas")) == []
    (entry,) = await client.backend.database.fetch("select * from audit_log where action like 'stories.%'")
    assert (entry["action"], entry["reason"], MARKER in str(entry)) == ("stories.approved", "Lovely.", False)
    assert str(part_id) in str(entry["after"])


async def test_many_who_decide_at_once_decide_and_tell_once(story: Backend) -> None:
    action_id, part_id = await told(story)
    counts = await asyncio.gather(*(decide(story, action_id, [part_id]) for _ in range(5)))
    assert sorted(counts) == [0, 0, 0, 0, 1]
    assert len(await story.database.fetch("select id from audit_log where action = 'stories.approved'")) == 1


async def test_a_reason_is_no_longer_than_the_log_takes(story: Backend) -> None:
    action_id, part_id = await told(story)
    with pytest.raises(Refusal) as caught:
        await decide(story, action_id, [part_id], reason="x" * 501)
    assert (caught.value.code, caught.value.path) == (ErrorCode.TOO_LONG, ("reason",))


@pytest.mark.parametrize("by", ["ines", "jonas", "otto"])
async def test_only_the_team_decides(story: Backend, by: str) -> None:
    action_id, part_id = await told(story)
    with pytest.raises(AccessRefusal):
        await decide(story, action_id, [part_id], by=by)
    (row,) = await parts_of(story, action_id)
    assert row["review"] == "PENDING"


async def test_only_stories_of_the_action_are_decided_about(client: Client) -> None:
    action_id, part_id = await told(client.backend)
    (other,) = await client.backend.database.fetch(
        "select id, action_id from participations where action_id <> {as_id action} order by id limit 1",
        {"action": action_id},
    )
    for action, ids, path in (
        (action_id, [part_id, other["id"]], "participationIds"),
        (other["action_id"], [part_id], "participationIds"),
        (action_id, [], "participationIds"),
        (action_id, [part_id] * 101, "participationIds"),
        (1, [part_id], "actionId"),
    ):
        error = await refused(
            client,
            "reviewStories",
            "mara",
            actionId=to_global("Action", action),
            participationIds=[to_global("Participation", one) for one in ids],
            decision="APPROVED",
        )
        assert error["path"] == ["input", path]


@pytest.mark.parametrize(
    ("kind", "said", "code"),
    [
        ("SHARE_STORY", None, ErrorCode.REQUIRED),
        ("SHARE_STORY", " \n", ErrorCode.REQUIRED),
        ("SHARE_STORY", "x" * 10_001, ErrorCode.TOO_LONG),
        ("SIGN", STORY, ErrorCode.INVALID),
    ],
)
async def test_a_story_is_told_where_one_is_asked_for(
    story: Backend, kind: str, said: str | None, code: ErrorCode
) -> None:
    action_id = await an_action(story, kind=kind)
    with pytest.raises(Refusal) as caught:
        await sign(story, await viewer_of(story, "ines"), action_id, story=said)
    assert (caught.value.code, caught.value.path) == (code, ("story",))
    assert await parts_of(story, action_id) == []


async def test_who_has_no_account_tells_one_too(story: Backend) -> None:
    action_id = await telling(story, allow_anonymous=True, verification="NONE")
    part = Part(consent=True, story=STORY)
    took = await participate_as_guest(story, NOBODY, action_id=action_id, part=part, key="k", email=None, net="")
    assert await shown_to(Client(story), action_id, took.id) == {"mara"}
    assert await decide(story, action_id, [took.id]) == 1
    await do_jobs(story)
    assert await shown_to(Client(story), action_id, took.id) == set(EVERYBODY)


async def test_another_story_under_the_same_key_is_other_input(client: Client) -> None:
    said = {"actionId": to_global("Action", await telling(client.backend)), "consent": True, "idempotencyKey": "one"}
    first = await write(client, "participate", "ines", story="One.", **said)
    assert (await write(client, "participate", "ines", story="One.", **said))["replayed"]
    assert first["participation"]["status"] == "COUNTED"
    error = (await attempt(client, "participate", "ines", story="Two.", **said))["errors"][0]
    assert error["code"] == "IDEMPOTENCY_MISMATCH"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_the_export_has_it_with_what_was_decided(story: Backend, form: Any) -> None:
    action_id, part_id = await told(story)
    await decide(story, action_id, [part_id], verdict="DECLINED")
    text = await exported(story, action_id, form)
    assert MARKER in text
    assert "DECLINED" in text
