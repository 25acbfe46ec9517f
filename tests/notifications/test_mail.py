"""Mail of notifications: who gets which, once, in which words, and how it ends."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from hub.notifications.outside.unsubscribing import read
from hub.refusals import Refusal
from hub.store.ids import new_id
from hub.users.commands import ban
from hub.web.mail.routes import mail_routes
from tests.client import Client
from tests.mutations import attempt, row_id, write
from tests.notifications.mailing import Post, address_of, confirmed, later, paragraphs, posted, wants
from tests.notifications.told import do_jobs, inbox, said, texts

SETTINGS = """{ viewer { timeZone notificationSettings { rules { kind channel frequency } quietFrom quietTo followsBy
    mailStoppedAt } } }"""


class Died(BaseException):
    """In place of a kill: nothing that is written catches it."""


@pytest.fixture
async def post(client: Client, thread: str) -> AsyncIterator[Post]:
    await confirmed(client.backend, "wilma", "otis", "gerda")
    async with posted(client.backend) as keeper:
        yield keeper


async def states(client: Client, handle: str) -> list[str]:
    rows = await client.backend.database.fetch(
        "select state from deliveries where user_id = (select id from users where handle = :handle) order by id",
        {"handle": handle},
    )
    return [row["state"] for row in rows]


async def test_a_mail_says_what_happened_where_and_how_to_end_it(client: Client, thread: str, post: Post):
    await wants(client, "wilma", "INSTANT")
    await said(client, "otis", thread)
    await do_jobs(client.backend)
    (mail,) = post.to("wilma")
    assert mail["Subject"] == "Otis wrote in a thread that you follow."
    place = paragraphs(mail)[3]
    assert paragraphs(mail)[:3] == ["Hello Wilma,", mail["Subject"], "Winter tyres"]
    assert place.startswith("https://hub.example/threads/winter-tyres")
    assert f'<a href="{place}">' in mail.get_body(("html",)).get_content()
    assert mail["List-Unsubscribe"] == f"<{paragraphs(mail)[-1]}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["In-Reply-To"] == mail["References"] == f"<subject-{row_id(thread)}@hub.example>"
    assert await states(client, "wilma") == ["SENT"]


async def test_what_is_gathered_comes_in_one_letter_grouped_as_in_the_inbox(client: Client, thread: str, post: Post):
    await wants(client, "gerda", "DAILY")
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    for body in ("One.", "Two.", "And @gerda?"):
        await said(client, "otis", thread, body)
    await do_jobs(client.backend)
    assert post.to("gerda") == []
    await later(client.backend)
    (mail,) = post.to("gerda")
    assert mail["Subject"] == "2 things that happened"
    told = [part for part in paragraphs(mail) if part.startswith("Otis")]
    assert told == ["Otis wrote 2 comments in a thread.", "Otis mentioned you in a comment."]
    assert sorted(told) == sorted(texts(await inbox(client, "gerda")))
    assert mail["References"].startswith("<subject-")


async def test_without_a_choice_mentions_come_at_once_and_replies_gathered(client: Client, thread: str, post: Post):
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    assert [mail["Subject"] for mail in post.to("gerda")] == ["Otis mentioned you in a comment."]
    assert post.to("wilma") == []
    assert await states(client, "wilma") == ["WAITING"]


async def test_a_digest_follow_gathers_what_would_come_at_once(client: Client, thread: str, post: Post):
    await wants(client, "gerda", "INSTANT")
    await write(client, "follow", "gerda", targetId=thread, level="DIGEST")
    await said(client, "otis", thread)
    await do_jobs(client.backend)
    assert await states(client, "gerda") == ["WAITING"]


@pytest.mark.parametrize("why", ["unconfirmed", "off", "banned", "hidden", "taken back", "blocked"])
async def test_no_mail_goes_to_who_is_not_to_have_it(client: Client, thread: str, post: Post, why: str):
    database = client.backend.database
    await wants(client, "gerda", "DAILY")
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    comment = await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    match why:
        case "unconfirmed":
            await database.write("update accounts set email_verified_at = null")
        case "off":
            await wants(client, "gerda", "OFF")
        case "banned":
            await ban(client.backend, "gerda")
        case "hidden":
            await database.write("update subjects set visibility = 'PRIVATE' where id = :id", {"id": row_id(thread)})
        case "taken back":
            await write(client, "deleteComment", "otis", id=comment)
        case _:
            otis = (await client.data('{ user(handle: "otis") { id } }'))["user"]["id"]
            await write(client, "blockUser", "gerda", userId=otis)
    await later(client.backend)
    assert post.to("gerda") == []
    assert await states(client, "gerda") == ["DROPPED"]


async def test_the_inbox_can_be_off_while_mail_comes(client: Client, thread: str, post: Post):
    await wants(client, "gerda", "INSTANT")
    await wants(client, "gerda", "OFF", channel="IN_APP")
    await said(client, "otis", thread, "Hear, @gerda.")
    assert texts(await inbox(client, "gerda")) == []
    assert len(post.to("gerda")) == 1


async def test_quiet_hours_put_off_and_lose_nothing(client: Client, thread: str, post: Post):
    await wants(client, "gerda", "INSTANT", quietFrom="00:00", quietTo="23:59", timeZone="Asia/Kathmandu")
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    assert await states(client, "gerda") == ["WAITING"]
    rows = await client.backend.database.fetch(
        "select due_at from deliveries where state = 'WAITING' and kind = 'MENTION'"
    )
    assert "18:14:00" in str(rows[0]["due_at"])  # 23:59 in Kathmandu
    await later(client.backend)
    assert len(post.to("gerda")) == 1


async def test_beyond_the_cap_of_a_day_mail_waits_for_the_digest(client: Client, thread: str, post: Post):
    client.backend.settings = client.backend.settings.model_copy(update={"mail_per_day": 2})
    for n in range(4):
        await said(client, "otis", thread, f"@gerda {n}")
        await do_jobs(client.backend)
    assert len(post.to("gerda")) == 2
    assert await states(client, "gerda") == ["SENT", "SENT", "WAITING", "WAITING"]
    await client.backend.database.write("update letters set at = {later ago}", {"ago": -200_000})
    await later(client.backend)
    assert len(post.to("gerda")) == 3
    assert await states(client, "gerda") == ["SENT"] * 4


async def test_a_server_that_is_busy_gets_it_again_and_one_that_refuses_does_not(
    client: Client, thread: str, post: Post
):
    post.answers[address_of("gerda")] = ["451 later", "452 later"]
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    assert (await states(client, "gerda"), post.got) == (["WAITING"], [])
    await later(client.backend)
    await later(client.backend)
    assert (await states(client, "gerda"), len(post.to("gerda"))) == (["SENT"], 1)
    post.answers[address_of("gerda")] = ["554 never"]
    await said(client, "otis", thread, "Hear again, @gerda.")
    await later(client.backend)
    assert (await states(client, "gerda"), len(post.to("gerda"))) == (["SENT", "FAILED"], 1)


async def test_an_address_that_is_not_there_gets_no_more_until_it_is_confirmed_anew(
    client: Client, thread: str, post: Post
):
    post.answers[address_of("gerda")] = ["550 no such mailbox"]
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    await said(client, "otis", thread, "Hear again, @gerda.")
    await do_jobs(client.backend)
    assert await states(client, "gerda") == ["FAILED"]
    seen = (await client.data(SETTINGS, "gerda"))["viewer"]["notificationSettings"]
    assert seen["mailStoppedAt"] is not None
    await confirmed(client.backend, "gerda")
    await said(client, "otis", thread, "And now, @gerda?")
    await do_jobs(client.backend)
    assert len(post.to("gerda")) == 1


async def test_a_letter_that_was_being_sent_when_its_process_died_is_not_sent_again(
    client: Client, thread: str, post: Post
):
    await said(client, "otis", thread, "Hear, @gerda.")

    async def dies(_mail: Any) -> None:
        raise Died

    client.backend.mailer.send = dies
    with pytest.raises(Died):
        await do_jobs(client.backend)
    assert await states(client, "gerda") == ["SENDING"]
    del client.backend.mailer.send
    await later(client.backend)
    assert post.to("gerda") == []


def browser(client: Client) -> httpx2.AsyncClient:
    app = Starlette(routes=mail_routes(client.backend))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://hub.example")


async def test_one_click_ends_mail_of_these_kinds_without_signing_in(client: Client, thread: str, post: Post):
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    (mail,) = post.to("gerda")
    link = mail["List-Unsubscribe"].strip("<>")
    async with browser(client) as page:
        shown = await page.get(link)
        assert (shown.status_code, "<form method=" in shown.text) == (200, True)
        await said(client, "otis", thread, "Still here, @gerda?")  # looking changed nothing
        await do_jobs(client.backend)
        assert len(post.to("gerda")) == 2
        for _ in range(2):
            done = await page.post(link, data={"List-Unsubscribe": "One-Click"})
            assert done.status_code == 200
    rules = (await client.data(SETTINGS, "gerda"))["viewer"]["notificationSettings"]["rules"]
    by_mail = {rule["kind"]: rule["frequency"] for rule in rules if rule["channel"] == "EMAIL"}
    assert (by_mail["MENTION"], by_mail["REPLY"]) == ("OFF", "DAILY")
    await said(client, "otis", thread, "And now, @gerda?")
    await do_jobs(client.backend)
    assert len(post.to("gerda")) == 2
    assert len(texts(await inbox(client, "gerda"))) == 3


async def test_a_forged_link_ends_nothing(client: Client, thread: str, post: Post):
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    link = post.to("gerda")[0]["List-Unsubscribe"].strip("<>")
    token = link.rpartition("/")[2]
    assert read(client.backend, token)[1] == ["MENTION"]
    for forged in (token[:-1], token[:-3] + "abc", "x", "x" * 5_000, token.partition(".")[2]):
        with pytest.raises(Refusal):
            read(client.backend, forged)
        async with browser(client) as page:
            assert (await page.post(f"/unsubscribe/{forged}")).status_code == 404
    rows = await client.backend.database.fetch("select id from notification_rules")
    assert rows == []


async def test_a_bounce_is_recorded_by_who_has_the_secret(client: Client, thread: str, post: Post):
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)
    told = {"messageId": post.to("gerda")[0]["Message-ID"], "permanent": True, "reason": "5.1.1"}
    headers = {"Authorization": "Bearer s3cret"}
    async with browser(client) as page:
        assert (await page.post("/mail/bounces", json=told, headers=headers)).status_code == 401
        client.backend.settings = client.backend.settings.model_copy(update={"bounce_token": "s3cret"})
        assert (await page.post("/mail/bounces", json=told)).status_code == 401
        for wrong in ("[]", "{}", '{"messageId": 1, "permanent": true}', "{"):
            assert (await page.post("/mail/bounces", content=wrong, headers=headers)).status_code == 400
        other = {**told, "messageId": f"<{new_id()}@hub.example>"}
        assert (await page.post("/mail/bounces", json=other, headers=headers)).status_code == 404
        assert (await page.post("/mail/bounces", content="x" * 5_000, headers=headers)).status_code == 413
        soft = {**told, "permanent": False}
        assert (await page.post("/mail/bounces", json=soft, headers=headers)).status_code == 204
        seen = (await client.data(SETTINGS, "gerda"))["viewer"]["notificationSettings"]
        assert seen["mailStoppedAt"] is None
        assert (await page.post("/mail/bounces", json=told, headers=headers)).status_code == 204
    seen = (await client.data(SETTINGS, "gerda"))["viewer"]["notificationSettings"]
    assert seen["mailStoppedAt"] is not None
    (letter,) = await client.backend.database.fetch("select outcome, reason from letters")
    assert letter == {"outcome": "BOUNCED", "reason": "5.1.1"}


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"rules": [{"kind": "REPLY", "channel": "IN_APP", "frequency": "DAILY"}]}, "INVALID", ["input", "rules", "0"]),
        ({"rules": [], "quietFrom": "22:00"}, "REQUIRED", ["input", "quietTo"]),
        ({"rules": [], "quietFrom": "22:00", "quietTo": "7 o'clock"}, "INVALID", ["input", "quietTo"]),
        ({"rules": [], "timeZone": "Mars/Olympus"}, "INVALID", ["input", "timeZone"]),
        ({"rules": [{"kind": "REPLY", "channel": "EMAIL", "frequency": "OFF"}] * 101}, "TOO_LONG", ["input", "rules"]),
    ],
)
async def test_what_cannot_be_chosen_is_refused_and_changes_nothing(
    client: Client, handles: tuple[str, ...], given: Any, code: str, path: list[str]
):
    before = await client.data(SETTINGS, handles[0])
    payload = await attempt(client, "setNotificationRules", handles[0], **given)
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [(code, path)]
    assert await client.data(SETTINGS, handles[0]) == before


async def test_what_is_chosen_stays_until_it_is_changed(client: Client, handles: tuple[str, ...]):
    await wants(client, handles[0], "WEEKLY", "REPLY", quietFrom="22:00", quietTo="07:00", followsBy=["COMMENTED"])
    await wants(client, handles[0], "HOURLY", "MENTION", quietFrom="22:00", quietTo="07:30", timeZone="Europe/Berlin")
    viewer = (await client.data(SETTINGS, handles[0]))["viewer"]
    seen = viewer["notificationSettings"]
    by_mail = {rule["kind"]: rule["frequency"] for rule in seen["rules"] if rule["channel"] == "EMAIL"}
    assert (by_mail["REPLY"], by_mail["MENTION"], by_mail["REACTION"]) == ("WEEKLY", "HOURLY", "OFF")
    assert (seen["quietFrom"], seen["quietTo"], seen["followsBy"]) == ("22:00", "07:30", ["COMMENTED"])
    assert viewer["timeZone"] == "Europe/Berlin"
