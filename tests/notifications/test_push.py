"""Web push: what a browser gets, sealed and signed, who may send where, once, and how each failure ends."""

import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from hub.notifications.loaders import device_by_id
from hub.notifications.outside.judging import Entry, Judged
from hub.notifications.outside.messages import message_of
from hub.store.audience import NOBODY
from hub.store.instants import from_driver, now
from hub.store.reader import Reader
from tests.client import Client
from tests.conftest import viewer_of
from tests.mutations import attempt, number, refused, row_id, write
from tests.notifications.mailing import later, wants
from tests.notifications.pushing import PUBLIC_KEY, Browser, claims, packed, pushed
from tests.notifications.told import do_jobs, said
from tests.outgoing.desk import Desk

DEVICES = "{ viewer { pushDevices { id service registeredAt } } }"


@pytest.fixture
async def service(client: Client, thread: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with pushed(client.backend, monkeypatch) as one:
        yield one


@pytest.fixture
async def phone(client: Client, service: Desk) -> Browser:
    """Of gerda."""
    browser = Browser("phone", service)
    await browser.register(client, "gerda")
    return browser


async def mentioned(client: Client, thread: str) -> None:
    await said(client, "otis", thread, "Hear, @gerda.")
    await do_jobs(client.backend)


async def letters(client: Client) -> list[tuple[str, str | None]]:
    rows = await client.backend.database.fetch(
        "select outcome, reason from letters where channel = 'WEB_PUSH' order by id"
    )
    return [(row["outcome"], row["reason"]) for row in rows]


async def states(client: Client) -> list[str]:
    rows = await client.backend.database.fetch("select state from deliveries where channel = 'WEB_PUSH' order by id")
    return [row["state"] for row in rows]


async def test_a_browser_reads_what_happened_and_where(client: Client, thread: str, service: Desk, phone: Browser):
    await mentioned(client, thread)
    (message,) = phone.got
    assert message["title"] == "Otis mentioned you in a comment."
    assert message["body"] == "Winter tyres"
    assert await number(client.backend, "select count(*) as n from letters where id = :id", id=int(message["id"])) == 1
    assert re.fullmatch(r"https://hub\.example/threads/winter-tyres-\d+#comment-1", message["url"])
    assert await letters(client) == [("SENT", None)]


async def test_a_push_service_reads_who_sends_and_nothing_else(
    client: Client, thread: str, service: Desk, phone: Browser
):
    await mentioned(client, thread)
    (sent,) = service.sent
    told = claims(sent)
    assert (told["aud"], told["sub"]) == (f"https://{service.authority}", "mailto:ops@hub.example")
    assert time.time() < told["exp"] <= time.time() + 24 * 3_600
    headers = {name: sent.headers[name] for name in ("content-encoding", "ttl", "urgency")}
    assert (sent.method, headers) == ("POST", {"content-encoding": "aes128gcm", "ttl": "86400", "urgency": "normal"})
    assert b"Otis" not in sent.body
    assert (await client.data("{ status { pushKey } }"))["status"]["pushKey"] == PUBLIC_KEY


async def test_each_message_is_sealed_anew(client: Client, thread: str, service: Desk, phone: Browser):
    for _ in range(2):
        await mentioned(client, thread)
    one, two = (sent.body for sent in service.sent)
    assert (one[:16], one[21:86]) != (two[:16], two[21:86])
    assert len(phone.got) == 2


async def test_the_matrix_and_quiet_hours_hold_for_pushes_too(
    client: Client, thread: str, service: Desk, phone: Browser
):
    await wants(client, "gerda", "OFF", channel="WEB_PUSH")
    await mentioned(client, thread)
    assert service.sent == []
    quiet = {"quietFrom": "00:00", "quietTo": "23:59", "timeZone": "Asia/Kathmandu"}
    await wants(client, "gerda", "INSTANT", channel="WEB_PUSH", **quiet)
    for _ in range(2):
        await mentioned(client, thread)
    assert service.sent == []
    await later(client.backend)
    assert [message["title"] for message in phone.got] == ["2 things that happened"]


async def test_what_is_gathered_says_how_much_it_is(client: Client, thread: str, service: Desk, phone: Browser):
    await wants(client, "gerda", "DAILY", channel="WEB_PUSH")
    await write(client, "follow", "gerda", targetId=thread, level="ALL")
    await said(client, "otis", thread, "One.")
    await mentioned(client, thread)
    await later(client.backend)
    (message,) = phone.got
    assert message["title"] == "2 things that happened"
    told = ["Otis mentioned you in a comment.", "Otis wrote in a thread that you follow."]
    assert sorted(message["body"].splitlines()) == told
    assert message["url"] == "https://hub.example/"


def test_no_message_is_too_large_for_a_push_service():
    entry = Entry("MENTION", "ß" * 5_000, "ß" * 5_000, "/threads/" + "x" * 200, None)
    for entries in ([entry], [entry] * 50):
        assert len(message_of(Judged([], entries), 2**63 - 1, "https://hub.example")) < 3_000


async def test_a_browser_that_is_gone_is_forgotten(client: Client, thread: str, service: Desk, phone: Browser):
    service.answers[phone.path] = [(410, {})]
    await mentioned(client, thread)
    assert await letters(client) == [("BOUNCED", "the push service answered 410")]
    assert (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"] == []
    await mentioned(client, thread)
    assert len(service.sent) == 1
    assert await states(client) == ["FAILED"]


async def test_one_that_is_gone_does_not_keep_the_others_from_hearing(
    client: Client, thread: str, service: Desk, phone: Browser
):
    desktop = Browser("desktop", service)
    await desktop.register(client, "gerda")
    service.answers[phone.path] = [(404, {})]
    await mentioned(client, thread)
    assert (len(desktop.got), await letters(client)) == (1, [("SENT", None)])
    assert await number(client.backend, "select count(*) as n from push_devices") == 1


async def test_one_that_took_it_is_not_told_again_for_the_sake_of_the_others(
    client: Client, thread: str, service: Desk, phone: Browser
):
    desktop = Browser("desktop", service)
    await desktop.register(client, "gerda")
    service.answers[phone.path] = [(503, {})]
    await mentioned(client, thread)
    await later(client.backend)
    assert (len(desktop.got), len(phone.got)) == (1, 1)


async def test_a_service_that_is_busy_is_asked_again_when_it_wants(
    client: Client, thread: str, service: Desk, phone: Browser
):
    service.answers[phone.path] = [(429, {"retry-after": "7200"}), (503, {})]
    await mentioned(client, thread)
    assert await states(client) == ["WAITING"]
    for least, most in ((7_200, 7_320), (120, 300)):
        (row,) = await client.backend.database.fetch("select due_at from deliveries where channel = 'WEB_PUSH'")
        wait = from_driver(row["due_at"]) - now()
        assert timedelta(seconds=least - 60) < wait <= timedelta(seconds=most)
        await later(client.backend)
    assert (await states(client), len(phone.got)) == (["SENT"], 3)


async def test_no_service_puts_a_message_off_for_ever(client: Client, thread: str, service: Desk, phone: Browser):
    service.answers[phone.path] = [(429, {"retry-after": "999999999"})]
    await mentioned(client, thread)
    (row,) = await client.backend.database.fetch("select due_at from deliveries where channel = 'WEB_PUSH'")
    assert from_driver(row["due_at"]) < now() + timedelta(days=1, minutes=2)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(400, "FAILED"), (403, "FAILED"), (413, "FAILED"), (307, "FAILED"), (502, "LOST"), (0, "LOST")],
)
async def test_what_is_refused_or_may_have_been_taken_is_not_sent_again(
    client: Client, thread: str, service: Desk, phone: Browser, answer: int, outcome: str
):
    service.answers[phone.path] = [(answer, {"location": f"https://{service.authority}/elsewhere"})]
    await mentioned(client, thread)
    await later(client.backend)
    assert ([one for one, _ in await letters(client)], len(service.sent)) == ([outcome], 1)
    assert len((await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"]) == 1


async def test_an_endpoint_that_leads_inside_by_now_is_not_asked(
    client: Client, thread: str, service: Desk, phone: Browser
):
    client.backend.settings = client.backend.settings.model_copy(update={"push_hosts": ()})
    await mentioned(client, thread)
    assert service.sent == []
    assert await letters(client) == [("FAILED", "the push service's address is not to be asked")]


async def test_a_service_that_takes_no_connection_is_tried_again(
    client: Client, thread: str, service: Desk, phone: Browser
):
    dead = f"localhost:{service.port + 1 if service.port < 65_535 else service.port - 1}"
    client.backend.settings = client.backend.settings.model_copy(update={"push_hosts": (dead,), "delivery_tries": 2})
    await client.backend.database.write("update push_devices set endpoint = :url", {"url": f"https://{dead}/x"})
    await mentioned(client, thread)
    assert await states(client) == ["WAITING"]
    await later(client.backend)
    assert await states(client) == ["FAILED"]
    assert await letters(client) == [("FAILED", "no connection")] * 2


async def test_nothing_secret_is_kept_of_what_failed_nor_told(
    client: Client, thread: str, service: Desk, phone: Browser, caplog: pytest.LogCaptureFixture, capsys: Any
):
    service.answers[phone.path] = [(502, {}), (410, {})]
    for _ in range(2):
        await mentioned(client, thread)
    out = capsys.readouterr()
    kept = await client.backend.database.fetch("select * from letters")
    jobs = await client.backend.database.fetch("select * from jobs")
    told = " ".join([out.out, out.err, caplog.text, str(kept), str(jobs)])
    for secret in (phone.path, client.backend.settings.push_private_key, *phone.subscription["keys"].values()):
        assert secret not in told


async def test_the_same_browser_is_one_device_and_belongs_to_who_registered_it_last(
    client: Client, thread: str, service: Desk, phone: Browser
):
    known = (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"]
    assert [device["service"] for device in known] == [service.authority]
    assert await phone.register(client, "gerda") == known[0]["id"]
    await phone.register(client, "wilma")
    assert (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"] == []
    await mentioned(client, thread)
    assert service.sent == []


async def test_one_device_too_many_replaces_the_oldest(client: Client, service: Desk, phone: Browser):
    client.backend.settings = client.backend.settings.model_copy(update={"push_devices": 3})
    made = [await Browser(f"{n}", service).register(client, "gerda") for n in range(3)]
    await Browser("other", service).register(client, "otis")
    shown = (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"]
    assert [device["id"] for device in shown] == made[::-1]
    assert await number(client.backend, "select count(*) as n from push_devices") == 4


async def test_a_device_is_removed_by_its_person_alone(client: Client, thread: str, service: Desk, phone: Browser):
    (device,) = (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"]
    assert (await write(client, "removePushDevice", "otis", id=device["id"]))["replayed"] is True
    assert (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"] == [device]
    assert (await write(client, "removePushDevice", "gerda", id=device["id"]))["replayed"] is False
    assert (await write(client, "removePushDevice", "gerda", id=device["id"]))["replayed"] is True
    await mentioned(client, thread)
    assert service.sent == []


async def test_nobody_else_sees_a_device_staff_neither(client: Client, service: Desk, phone: Browser):
    (device,) = (await client.data(DEVICES, "gerda"))["viewer"]["pushDevices"]
    backend, seen = client.backend, {}
    for handle in ("gerda", "otis", "mara", "otto"):
        reader = Reader(backend.database, await viewer_of(backend, handle))
        seen[handle] = await reader.one(device_by_id, row_id(device["id"])) is not None
    assert seen == {"gerda": True, "otis": False, "mara": False, "otto": False}
    assert await Reader(backend.database, NOBODY).one(device_by_id, row_id(device["id"])) is None


@pytest.mark.parametrize(
    ("broken", "code", "path"),
    [
        ({"endpoint": "http://push.example/x"}, "INVALID", ["endpoint"]),
        ({"endpoint": "https://127.0.0.1/x"}, "INVALID", ["endpoint"]),
        ({"endpoint": "https://push.example:8443/x"}, "INVALID", ["endpoint"]),
        ({"endpoint": "https://push.example/" + "x" * 1_000}, "TOO_LONG", ["endpoint"]),
        ({"keys": {"p256dh": packed(b"\4" + b"x" * 64)}}, "INVALID", ["keys", "p256dh"]),
        ({"keys": {"p256dh": "not base64!"}}, "INVALID", ["keys", "p256dh"]),
        ({"keys": {"p256dh": ""}}, "INVALID", ["keys", "p256dh"]),
        ({"keys": {"auth": packed(b"x" * 15)}}, "INVALID", ["keys", "auth"]),
        ({"keys": {"auth": "ä"}}, "INVALID", ["keys", "auth"]),
    ],
)
async def test_what_is_no_browser_is_not_registered(
    client: Client, service: Desk, broken: dict[str, Any], code: str, path: list[str]
):
    given = Browser("odd", service).subscription
    given = {**given, **broken, "keys": {**given["keys"], **broken.get("keys", {})}}
    error = await refused(client, "registerPushDevice", "gerda", **given)
    assert (error["code"], error["path"]) == (code, ["input", *path])


async def test_where_nothing_is_pushed_no_browser_is_registered(client: Client, service: Desk):
    browser = Browser("early", service)
    client.backend.settings = client.backend.settings.model_copy(update={"push_private_key": ""})
    payload = await attempt(client, "registerPushDevice", "gerda", **browser.subscription)
    assert [error["code"] for error in payload["errors"]] == ["CLOSED"]
    assert (await client.data("{ status { pushKey } }"))["status"]["pushKey"] is None


async def test_who_is_no_longer_let_in_or_may_not_see_it_is_not_told(
    client: Client, thread: str, service: Desk, phone: Browser
):
    await wants(client, "gerda", "DAILY", channel="WEB_PUSH")
    await mentioned(client, thread)
    await client.backend.database.write(
        "update subjects set visibility = 'PRIVATE' where id = :id", {"id": row_id(thread)}
    )
    await later(client.backend)
    assert (service.sent, await states(client)) == ([], ["DROPPED"])
