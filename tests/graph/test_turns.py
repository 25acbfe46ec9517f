"""Mutations of one kind wait for each other, those of other kinds and queries for none of them."""

import asyncio

from tests.client import Client

PATIENCE = 10
LOGIN = 'mutation { login(input: {login: "mara", password: "a wrong guess"}) { errors { code } } }'
LEAVE = 'mutation { leaveClub(input: {clubId: "x"}) { errors { code } } }'


async def test_those_of_one_kind_wait_for_a_turn_and_nobody_else_does(client: Client):
    few = client.under(mutations_at_once=1)
    kind = few._engine.prepare(LOGIN, None).definition
    async with few._engine._turns.of(kind):
        waiting = asyncio.create_task(few.ask(LOGIN))
        async with asyncio.timeout(PATIENCE):
            assert (await few.ask(LEAVE, "ines"))["data"]["leaveClub"]["errors"]
            assert await few.data("{ status { mode } }")
        assert not waiting.done()
    async with asyncio.timeout(PATIENCE):
        assert (await waiting)["data"]["login"]["errors"] == [{"code": "INVALID"}]


async def test_who_waits_too_long_for_a_turn_is_told_so(client: Client):
    few = client.under(mutations_at_once=1, operation_timeout=0.2)
    async with few._engine._turns.of(few._engine.prepare(LOGIN, None).definition):
        (error,) = (await few.ask(LOGIN))["errors"]
    assert error["extensions"]["code"] == "OVERLOADED"
