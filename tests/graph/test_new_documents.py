"""New documents are read one at a time, in turns of the addresses, and too many tokens are found before they are."""

import asyncio
from time import thread_time

import pytest
from graphql import Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from hub.graph.callers import Callers
from hub.graph.operations import Engine
from hub.graph.reading import Reading
from hub.graph.texts import has_more_tokens
from hub.refusals import ErrorCode, Refusal
from tests.client import Client

PATIENCE = 10


def tokens(text: str) -> int:
    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


pieces = st.sampled_from(
    (
        *("a", "_b1", " ", "\n", ",", "\ufeff", "{", "}", "...", "$", "!", "@", "(", ")", "[", "]", ":", "=", "|", "&"),
        *(
            "# no token { a }\n",
            '"s # { "',
            '"\\""',
            '""',
            '"""block " \\""" { }"""',
            '""""""',
            "12 ",
            "-1.5e3 ",
            "#\r",
        ),
    )
)


@given(st.lists(pieces, max_size=40).map("".join))
def test_tokens_are_counted_as_graphql_counts_them(text: str):
    try:
        count = tokens(text)
    except Exception:  # what does not parse is refused anyway
        return
    assert not has_more_tokens(text, count)
    if len(text) > count - 1 >= 0:
        assert has_more_tokens(text, count - 1)


@pytest.mark.parametrize(
    "text",
    [
        '"' * 250_000,
        '"""' + '"' * 250_000,
        "\\" * 250_000,
        '"\\' * 120_000,
        "#" * 250_000,
        '\\"""\n' * 600 + "a" * 250_000,
    ],
)
def test_counting_takes_no_longer_than_a_turn_may(text: str):
    begun = thread_time()
    has_more_tokens(text, 2_000)
    assert thread_time() - begun < 0.05  # CPU of this thread: a busy machine does not stretch it


async def test_one_is_read_at_a_time_and_addresses_take_turns():
    reading = Reading(PATIENCE)
    order: list[str] = []
    inside = 0

    async def read(address: str, name: str) -> None:
        nonlocal inside
        async with reading.turn(address):
            inside += 1
            assert inside == 1
            order.append(name)
            await asyncio.sleep(0)
            inside -= 1

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(read("greedy", f"g{n}") for n in range(4)), read("other", "o0"), read("third", "t0"))
        await read("greedy", "later")
    assert order == ["g0", "g1", "o0", "t0", "g2", "g3", "later"]


async def test_after_a_long_one_the_loop_belongs_to_others(monkeypatch: pytest.MonkeyPatch):
    reading = Reading(PATIENCE)
    monkeypatch.setattr("hub.graph.reading._LONG", 0.0)
    loop, calls = asyncio.get_running_loop(), list[float]()
    monkeypatch.setattr(loop, "call_later", lambda delay, call: (calls.append(delay), loop.call_soon(call)))
    async with reading.turn("a"):
        pass
    assert len(calls) == 1


async def test_whose_turn_does_not_come_in_time_is_refused_and_the_next_is_called():
    reading = Reading(0.01)
    async with reading.turn("a"):
        with pytest.raises(Refusal) as refused:
            async with reading.turn("b"):
                pass
    assert refused.value.code is ErrorCode.RATE_LIMITED
    async with asyncio.timeout(PATIENCE), reading.turn("c"):
        pass


async def test_who_goes_away_hands_the_turn_on():
    reading = Reading(PATIENCE)

    async def read() -> None:
        async with reading.turn("a"):
            pass

    async with reading.turn("a"):
        gone = asyncio.create_task(read())
        stays = asyncio.create_task(read())
        await asyncio.sleep(0)
    gone.cancel()  # it has been called by now
    async with asyncio.timeout(PATIENCE):
        await stays
        await read()


async def test_what_is_known_or_small_waits_for_nobody(client: Client):
    engine = Engine(client.backend, Callers(client.backend))
    known, small, spread = (
        f"{{ status {{ {'mode live reads writes version ' * 40} }} }}",
        "{ status { version } }",
        "{ status { ... on ServiceStatus { version } } }",
    )
    caller = await client.caller(None)
    engine.prepare(known, None)
    async with asyncio.timeout(PATIENCE), engine._reading.turn(caller.address):
        assert (await engine.read(known, None, None, caller)).text == known
        assert (await engine.read(small, None, None, caller)).text == small
        waiting = [
            asyncio.create_task(engine.read(text, None, None, caller)) for text in (spread, f"{{ {known[2:-2]}  }}")
        ]
        await asyncio.sleep(0)
        assert not any(one.done() for one in waiting)
    assert [(await one).kind for one in waiting] == ["query", "query"]
