"""Schemathesis asks every root field, as nobody and as a member, from a fixed seed: nothing breaks."""

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from hub.users.commands import issue_token
from tests.cli.servers import serving
from tests.client import Client
from tests.conftest import EXAMPLES, REQUIRED

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE = 600
SEED = 8
_COUNTED = re.compile(r"Tested: (\d+)")


async def run(address: str, token: str | None) -> tuple[int, str]:
    command = shutil.which("schemathesis")
    if command is None:
        assert not REQUIRED, "schemathesis is missing"
        pytest.skip("wants schemathesis")
    options = {
        "seed": SEED,
        "max-examples": max(2, EXAMPLES // 20),
        "generation-database": "none",
        "phases": "fuzzing",
        "request-timeout": 60,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    if token is not None:
        arguments += ["-H", f"Authorization: Bearer {token}"]
    process = await asyncio.create_subprocess_exec(
        *(command, "run", f"http://{address}/graphql", "--checks=not_a_server_error", "--no-shrink", "--no-color"),
        *arguments,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.scalars", "PYTHONPATH": str(Path.cwd())},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(PATIENCE):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.parametrize("handle", [None, "ines", "mara"])
async def test_no_root_field_breaks(shared: Client, handle: str | None, tmp_path: Path):
    open_to_all = shared.backend.settings.model_copy(update={"introspection": True})
    token = (await issue_token(shared.backend.database, handle, 1)).text if handle else None
    async with serving(open_to_all, "serve", log=tmp_path / "log", log_operations=0) as server:
        code, said = await run(server.address, token)
    assert code == 0, said
    tested = _COUNTED.search(said)
    assert tested is not None, said
    fields = [shared._engine.schema.query_type, shared._engine.schema.mutation_type]
    assert int(tested[1]) >= sum(len(root.fields) for root in fields), said
    log = (tmp_path / "log").read_text()
    assert "operation.bug" not in log
    assert "Traceback" not in log
