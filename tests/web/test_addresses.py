import pytest

from hub.web.addresses import Addresses


def scope(client: str | None, *forwarded: str) -> dict:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return {"type": "http", "client": client and (client, 1234), "headers": headers}


def test_the_peer_is_the_client_when_no_proxy_is_trusted():
    assert Addresses().of(scope("203.0.113.9", "198.51.100.1")) == "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (["198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        (["198.51.100.1, 10.0.0.2, 10.0.0.3"], "198.51.100.1"),
        (["198.51.100.1:443"], "198.51.100.1"),
        (["[2001:db8::1]:443"], "2001:db8::/64"),
        (["2001:db8::1"], "2001:db8::/64"),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
        (["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
        (["6.6.6.6, "], "10.0.0.1"),
        (["10.0.0.2"], "10.0.0.2"),
        ([], "10.0.0.1"),
        (["1," * 9_000 + "10.0.0.2"], "10.0.0.2"),
    ],
)
def test_a_trusted_proxy_says_who_the_client_is(forwarded, client):
    assert Addresses(["10.0.0.0/8"]).of(scope("10.0.0.1", *forwarded)) == client


def test_a_stranger_cannot_say_who_he_is():
    assert Addresses(["10.0.0.0/8"]).of(scope("203.0.113.9", "10.0.0.5")) == "203.0.113.9"


def test_one_ipv6_network_is_one_client():
    addresses = Addresses()
    first, second = (addresses.of(scope(client)) for client in ("2001:db8::1", "2001:db8::ffff:1"))
    assert first == second != addresses.of(scope("2001:db8:0:1::1"))


def test_a_peer_without_an_address_still_counts_as_somebody():
    assert Addresses().of(scope(None)) == "unknown"
    assert Addresses().of(scope("testclient")) == "testclient"
