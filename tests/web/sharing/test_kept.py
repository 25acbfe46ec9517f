"""What a process keeps: made once for all who ask meanwhile, and never too much of it."""

import asyncio

import pytest

from hub.web.sharing import kept
from hub.web.sharing.answers import Shared
from hub.web.sharing.kept import Kept


async def test_those_who_ask_at_once_wait_for_one():
    made, ready = [], asyncio.Event()

    async def make() -> Shared:
        made.append(1)
        await ready.wait()
        return Shared(b"x", "text/plain")

    keeper = Kept(60)
    asked = [asyncio.create_task(keeper.get("a", make)) for _ in range(50)]
    await asyncio.sleep(0)
    asked[0].cancel()  # one that goes away takes nobody along
    await asyncio.sleep(0)
    ready.set()
    assert [shared.body for shared in await asyncio.gather(*asked[1:])] == [b"x"] * 49
    assert made == [1]


async def test_what_fails_is_made_again():
    async def fail() -> Shared:
        raise ValueError("broken")

    async def make() -> Shared:
        return Shared(b"x", "text/plain")

    keeper = Kept(60)
    with pytest.raises(ValueError, match="broken"):
        await keeper.get("a", fail)
    assert (await keeper.get("a", make)).body == b"x"


async def test_the_latest_used_stay(monkeypatch: pytest.MonkeyPatch):
    """Beside its body each counts for what keeping it takes: answers without a body are no exception."""
    monkeypatch.setattr(kept, "_BYTES", 3 * (kept._EACH + 1))
    made: list[str] = []
    keeper = Kept(60)

    async def ask(name: str) -> None:
        async def make() -> Shared:
            made.append(name)
            return Shared(b"x", "text/plain")

        await keeper.get(name, make)

    for name in ("a", "b", "c", "a", "d", "a", "b"):
        await ask(name)
    assert made == ["a", "b", "c", "d", "b"]
