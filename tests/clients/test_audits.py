"""GraphQL over HTTP, as the authors of its specification audit it."""

import asyncio
import json

import pytest

from tests.cli.servers import serving
from tests.client import Client
from tests.clients.running import FOLDER, PATIENCE, node

pytestmark = pytest.mark.asyncio(loop_scope="module")
AUDITS = 61


async def test_all_audits_of_graphql_http_pass(shared: Client):
    command = (node(), str(FOLDER / "audits.js"))
    open_to_all = shared.backend.settings.model_copy(update={"introspection": True})  # some audits ask for `__type`
    async with serving(open_to_all, "serve") as server, asyncio.timeout(PATIENCE):
        process = await asyncio.create_subprocess_exec(*command, server.address, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
    audits = [json.loads(line) for line in output.splitlines()]
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == AUDITS
