"""Whom an address that somebody gave may reach."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from hub.outgoing.places import addresses_of, host_of, is_public, look_up
from hub.outgoing.sender import Forbidden, NotReached


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.7", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "fe80::1%eth0"),
        *("", "localhost"),
    ],
)
def test_no_address_of_our_own_network_is_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_out_in_the_world_is(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://push.example/x", "ftp://push.example/x", "push.example/x", "//push.example/x", "https:///x", ""),
        *("https://push.example:8443/x", "https://push.example:99999/x", "https://user@push.example/x"),
        *("https://user:secret@push.example/x", "https://localhost/x", "https://intranet/x"),
        *("https://127.0.0.1/x", "https://127.1/x", "https://2130706433/x", "https://0x7f.1/x", "https://0x7f000001/x"),
        *("https://8.8.8.8/x", "https://[::1]/x", "https://[2a00:1450:4001::1]/x", "https://[broken/x"),
        *("https://push.example/x\r\nHost: other", "https://püsh.example/x", "https://push.example\\@inside/x y\t"),
    ],
)
def test_only_https_to_a_named_host_at_its_port_is_asked(url: str):
    with pytest.raises(Forbidden):
        host_of(url, ())


def test_what_is_sent_names_the_host_as_it_was_given():
    host = host_of("https://Push.Example:443/send/a%20b?c=d#e", ())
    assert (host.name, host.authority, host.target) == ("push.example", "push.example", "/send/a%20b?c=d")
    assert host.origin == "https://push.example"


def test_a_host_of_ones_own_network_is_asked_when_it_is_named_with_its_port():
    assert host_of("https://push.intern:8443/x", {"push.intern:8443"}).trusted
    assert host_of("https://push.intern/x", {"push.intern"}).trusted
    for other in ("https://push.intern:8444/x", "https://intern:8443/x"):
        with pytest.raises(Forbidden):
            host_of(other, {"push.intern:8443", "intern"})


async def test_a_host_with_one_address_inside_is_not_asked_at_all():
    async def both(_name: str, _port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.7"]

    with pytest.raises(Forbidden):
        await addresses_of(host_of("https://rebind.example/x", ()), both)
    assert await addresses_of(host_of("https://rebind.example/x", {"rebind.example"}), both) == ["8.8.8.8", "10.0.0.7"]


async def test_slow_name_servers_hold_no_thread_of_others(monkeypatch: pytest.MonkeyPatch):
    held, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: Any, **__: Any) -> list[Any]:
        held.release()
        go_on.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    asked = [asyncio.create_task(look_up(f"h{n}.example", 443)) for n in range(40)]
    try:
        for _ in range(4):
            assert await asyncio.to_thread(held.acquire, timeout=5)
        assert await asyncio.to_thread(lambda: "free") == "free"
        assert not held.acquire(blocking=False)
    finally:
        go_on.set()
    assert await asyncio.gather(*asked) == [[]] * 40


async def test_an_unknown_host_may_be_known_later():
    async def none(_name: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(NotReached):
        await addresses_of(host_of("https://nowhere.example/x", ()), none)
