"""Requests to a real HTTPS server: what it gets, under which name, and how each failure is told."""

import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from hub.outgoing.https import Https
from hub.outgoing.sender import Forbidden, NotReached
from hub.store.instants import now
from tests.outgoing.desk import desk, trusting


def at(*addresses: str) -> Any:
    """A look-up that counts, and always gives these."""

    async def look_up(_name: str, _port: int) -> list[str]:
        look_up.times += 1
        return list(addresses)

    look_up.times = 0
    return look_up


async def test_the_host_is_looked_up_once_and_asked_under_its_own_name():
    async with desk("push.intern") as one:
        where, trusted = at("127.0.0.1"), [f"push.intern:{one.port}"]
        sender = Https(deadline=5, trusted=trusted, trust=trusting(), lookup=where)
        answer = await sender.post(f"https://push.intern:{one.port}/a?b=c", headers={"ttl": "5"}, body=b"hello")
        (got,) = one.sent
    assert (answer.status, where.times) == (201, 1)
    assert (got.method, got.target, got.body, got.headers["ttl"]) == ("POST", "/a?b=c", b"hello", "5")
    assert got.headers["host"] == f"push.intern:{one.port}"
    assert got.headers["user-agent"].startswith("engagement-hub/")


async def test_a_certificate_of_another_name_or_of_nobody_is_not_taken():
    async with desk("other.intern") as one:
        trusted, url = [f"push.intern:{one.port}"], f"https://push.intern:{one.port}/"
        for trust in (trusting(), None):
            with pytest.raises(NotReached):
                await Https(deadline=5, trusted=trusted, trust=trust, lookup=at("127.0.0.1")).post(
                    url, headers={}, body=b"x"
                )
        assert one.sent == []


async def test_a_name_that_leads_inside_is_not_connected_to():
    async with desk("push.example") as one:
        sender = Https(deadline=5, trust=trusting(), lookup=at("127.0.0.1"))
        with pytest.raises(Forbidden):
            await sender.post("https://push.example/", headers={}, body=b"x")
        assert one.sent == []


async def test_a_redirect_is_an_answer_and_is_not_followed():
    async with desk() as one:
        one.answers["/"] = [(307, {"location": f"https://localhost:{one.port}/elsewhere"})]
        sender = Https(deadline=5, trusted=[one.authority], trust=trusting())
        assert (await sender.post(f"https://{one.authority}/", headers={}, body=b"x")).status == 307
        assert len(one.sent) == 1


async def test_the_next_address_is_tried_where_one_takes_no_connection():
    async with desk() as one:
        with socket.create_server(("127.0.0.2", 0)) as closed:
            assert closed.getsockname()[1] != one.port
        sender = Https(deadline=5, trusted=[one.authority], trust=trusting(), lookup=at("127.0.0.2", "127.0.0.1"))
        assert (await sender.post(f"https://{one.authority}/", headers={}, body=b"x")).status == 201
    with pytest.raises(NotReached):
        await sender.post(f"https://{one.authority}/", headers={}, body=b"x")


async def test_who_hangs_up_or_says_nothing_may_have_taken_it():
    async with desk() as one:
        one.answers["/"] = [(0, {}), (-1, {})]
        sender = Https(deadline=0.5, trusted=[one.authority], trust=trusting())
        with pytest.raises(httpx2.RemoteProtocolError):
            await sender.post(f"https://{one.authority}/", headers={}, body=b"x")
        with pytest.raises((TimeoutError, httpx2.ReadTimeout)):
            await sender.post(f"https://{one.authority}/", headers={}, body=b"x")
        assert len(one.sent) == 2


async def test_what_the_environment_says_of_proxies_does_not_count(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with desk() as one:
        sender = Https(deadline=5, trusted=[one.authority], trust=trusting())
        assert (await sender.post(f"https://{one.authority}/", headers={}, body=b"x")).status == 201


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("soon", None), ("-5", None), ("", None), ("9" * 5_000, 999_999_999)],
)
async def test_retry_after_is_read_in_seconds(text: str, seconds: float | None):
    async with desk() as one:
        one.answers["/"] = [(429, {"retry-after": text})]
        sender = Https(deadline=5, trusted=[one.authority], trust=trusting())
        answer = await sender.post(f"https://{one.authority}/", headers={}, body=b"x")
    assert (answer.status, answer.retry_after) == (429, seconds)


async def test_retry_after_may_be_a_date():
    async with desk() as one:
        one.answers["/"] = [(503, {"retry-after": format_datetime(now() + timedelta(hours=1), usegmt=True)})]
        sender = Https(deadline=5, trusted=[one.authority], trust=trusting())
        answer = await sender.post(f"https://{one.authority}/", headers={}, body=b"x")
    assert answer.retry_after is not None
    assert 3_500 < answer.retry_after <= 3_600
