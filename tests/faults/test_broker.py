"""Redis slow, silent, down and back: nobody is refused for it, and what is written is still heard elsewhere."""

from collections.abc import AsyncGenerator

import pytest

from hub.settings import Settings
from tests.cli.servers import serving
from tests.faults.conftest import Gather
from tests.faults.crowd import WELCOME, ensure_told
from tests.faults.line import Line, State, line_to
from tests.faults.test_database import STREAM

LONGEST = 10


@pytest.fixture
async def line(settings: Settings, form: str) -> AsyncGenerator[tuple[Line, Settings]]:
    if form != "scaled":
        pytest.skip("one process alone needs no Redis")
    async with line_to(settings.broker_url) as (line, url):
        yield line, settings.model_copy(update={"broker_url": url})


@pytest.mark.parametrize("state", ["slow", "silent", "down"])
async def test_while_redis_is_away_all_are_served_and_other_processes_hear_of_it(
    line: tuple[Line, Settings], gather: Gather, state: State
):
    wire, through = line
    async with gather(through) as crowd, serving(through, "serve") as other:
        post = (await other.ask(WELCOME))["data"]["post"]
        async with other.listen(STREAM, s=post["id"], a=post["liveCursor"]) as listener:
            assert (await listener.next())["commentStream"]["__typename"] == "CaughtUp"
            await wire.become(state)
            heard = await crowd.come()
            ensure_told(heard, within=LONGEST)
            assert all(one.well for one in heard)
            told = [(await listener.next())["commentStream"]["comment"]["body"]["source"] for _ in crowd.comments]
            assert sorted(told) == sorted(crowd.comments)
            assert state == "slow" or not await crowd.ready()
            await wire.become("whole")
            await crowd.until_served()
