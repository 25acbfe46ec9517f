"""By the API: who has no account takes part, and the policy team strikes out and reads personal answers."""

from typing import Any

from hub.graph.ids import to_global
from tests.actions.acting import a_post, an_action, parts_of, sign
from tests.actions.test_guests import token, with_address
from tests.actions.test_participating import ADDRESS, MARKER
from tests.client import Client
from tests.conftest import viewer_of
from tests.letters import Inbox
from tests.mutations import attempt, write

TEXAS = {"rule": {"region": "TX"}, "reason": "Copies."}


async def saved(client: Client, **asked: Any) -> str:
    given = {"postId": to_global("Post", await a_post(client.backend)), "kind": "SIGN", "consentText": "Yes."}
    payload = await write(client, "saveAction", "mara", **given, allowAnonymous=True, **asked)
    return payload["action"]["id"]


async def test_who_has_no_account_is_answered_the_same_whoever_is_known(client: Client) -> None:
    action, inbox = await saved(client, verification="EMAIL"), Inbox(client.backend)
    await with_address(client.backend, "ines", "ines@example.org")
    await write(client, "participate", "ines", actionId=action, consent=True)
    answers = [
        await write(client, "participate", None, actionId=action, consent=True, email=email)
        for email in ("nora@example.org", "ines@example.org")
    ]
    for answer in answers:
        assert len(answer.pop("receipt")) == 23
        assert answer == {**answers[0], "participation": None, "needsEmailConfirmation": True, "replayed": False}
    assert await token(inbox, "nora@example.org")
    refused = await attempt(client, "participate", None, actionId=action, consent=True)
    assert [(error["code"], error["path"]) for error in refused["errors"]] == [("REQUIRED", ["input", "email"])]


async def test_where_nothing_is_verified_a_repeat_gives_the_same_receipt(client: Client) -> None:
    given = {"actionId": await saved(client, verification="NONE"), "consent": True, "idempotencyKey": "one"}
    first, again = [await write(client, "participate", None, **given) for _ in range(2)]
    assert (first["needsEmailConfirmation"], first["replayed"], again["replayed"]) == (False, False, True)
    assert first["receipt"] == again["receipt"]


async def test_the_page_tells_nobody_in_particular_whether_they_may(client: Client) -> None:
    asked = "query ($id: ID!) { node(id: $id) { ... on Action { allowAnonymous viewerCan(abilities: [PARTICIPATE])"
    asked += " { allowed reason } } } }"
    for level, allowed in (("NONE", True), ("EMAIL", True)):
        action = await saved(client, verification=level)
        for _ in range(3):
            shown = (await client.data(asked, id=action))["node"]
            assert shown == {"allowAnonymous": True, "viewerCan": [{"allowed": allowed, "reason": None}]}
    await an_action(client.backend)
    shown = (await client.data(asked, id=action))["node"]
    assert shown == {"allowAnonymous": False, "viewerCan": [{"allowed": False, "reason": "UNAUTHENTICATED"}]}


async def test_the_team_strikes_out_by_rule_after_a_look(client: Client) -> None:
    action_id = await an_action(client.backend)
    for handle, region in (("ines", "TX"), ("jonas", "NE"), ("bea", "TX")):
        await sign(client.backend, await viewer_of(client.backend, handle), action_id, region=region)
    given = {"actionId": to_global("Action", action_id), **TEXAS}
    counts = [
        (await write(client, "invalidateParticipations", "mara", **given, dryRun=dry))["count"]
        for dry in (True, True, False, False)
    ]
    assert counts == [2, 2, 2, 0]
    statuses = sorted(row["status"] for row in await parts_of(client.backend, action_id))
    assert statuses == ["COUNTED", "INVALIDATED", "INVALIDATED"]


async def test_the_team_reads_personal_answers_for_a_reason(client: Client) -> None:
    action_id = await an_action(client.backend, questions=[ADDRESS])
    took = await sign(client.backend, await viewer_of(client.backend, "ines"), action_id, answers={"mail": MARKER})
    part = to_global("Participation", took.id)
    given = {"actionId": to_global("Action", action_id), "participationIds": [part]}
    payload = await write(client, "readPersonalAnswers", "mara", **given, reason="A complaint.")
    assert payload["answers"] == [{"participationId": part, "answers": {"mail": MARKER}}]
    refused = await attempt(client, "readPersonalAnswers", "ines", **given, reason="Mine.")
    assert ([error["code"] for error in refused["errors"]], refused["answers"]) == (["FORBIDDEN"], None)
