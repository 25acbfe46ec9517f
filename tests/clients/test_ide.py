"""GraphiQL in a real browser: what it shows, what it follows, and that it asks nobody but the hub."""

import os
import shutil

import pytest

from hub.live.backend import Backend
from hub.users.commands import issue_token
from tests.cli.servers import serving
from tests.clients.running import node, running
from tests.conftest import REQUIRED

POST = "UG9zdDoyNQ=="


def chromium() -> str:
    found = os.environ.get("HUB_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        missing = "Chromium is not there: install Debian's package, or name one in HUB_TEST_CHROMIUM"
        pytest.fail(missing) if REQUIRED and os.environ.get("CI") else pytest.skip(missing)
    return found


async def test_graphiql_runs_a_query_and_follows_live_and_asks_nobody_but_the_hub(story: Backend):
    browser, _ = chromium(), node()
    token = (await issue_token(story.database, "ines", 1)).text
    environment = {"TOKEN": token, "CHROMIUM": browser}
    async with serving(story.settings, "serve", mode="development") as server:
        async with running("ide.js", server.address, POST, **environment) as script:
            assert await script.ended() == 0
    assert script.told("query") == script.told("live") == script.told("docs") == script.told("schema") == [True]
    assert script.told("viewer") == ["ines"]
    assert script.told("asked") == [[server.address]]
    assert script.told("complaints") == [[]]
