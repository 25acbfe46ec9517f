"""The hub as one more server in the peers' own runner, which stays as it is.

    python -m tests.bench.peers.hub FOLDER DATABASE_URL check.py hub yoga postgraphile
    python -m tests.bench.peers.hub FOLDER DATABASE_URL bench.py --peers hub,yoga --ops q1,q2

FOLDER is where the peers are set up (their environment, such as DSN, NODE and NODEAPP, is set as their `run.sh` sets it);
what follows is a script of its `load/` and that script's arguments. To `check.py` names are given: they are started for it.
DATABASE_URL is as for `python -m tests.bench pages`: the community is loaded at the peers' scale where it is not there.

The hub is asked for the bench's own documents, `q1` to `q6`. The runner's variables are left as they are and ours put
beside them; answers are compared in the peers' shape. `m1` is left out: the runner sends no token.
"""

import asyncio
import importlib
import os
import runpy
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.pages.community import Sizes
from tests.bench.pages.documents import PAGES, global_id
from tests.bench.pages.loading import Ids, load
from tests.bench.pages.peers import as_peer, normal_peer
from tests.bench.pages.processes import free_port
from tests.bench.pages.servers import ours
from tests.bench.pages.stores import store_of

_DIALECT = "hub"
_PAGES = {page.peer: page for page in PAGES.values() if page.name != "add_comment"}


def main() -> None:
    folder, database_url, script, *arguments = sys.argv[1:]
    scripts = Path(folder).resolve() / "load"
    sys.path.insert(0, str(scripts))
    os.chdir(scripts)
    common = importlib.import_module("common")
    # Their number of users is 50,000 at scale 1, as ours is.
    sizes = Sizes(common.PARAMS["users"] / 50_000)
    store = store_of(database_url, sizes.scale)
    asyncio.run(load(store, sizes))
    _teach(common, sizes)
    known = importlib.import_module("peers").PEERS
    known[_DIALECT] = _entry(store.url)
    if script == "check.py":
        _check(scripts, known, arguments)
        return
    sys.argv = [script, *arguments]
    runpy.run_path(str(scripts / script), run_name="__main__")


def _entry(database_url: str) -> dict[str, Any]:
    """As the peers' list holds each of them."""
    port = free_port()
    command = ours(database_url)[0].command(database_url, port)
    return {
        "port": port,
        "dialect": _DIALECT,
        "cwd": str(command.folder),
        "argv": command.arguments,
        "env": command.environment,
    }


def _teach(common: Any, sizes: Sizes) -> None:
    """Let the runner find the hub's documents, variables and answers where it looks for those of its peers."""
    document, variables, normal = common.doc, common.variables, common.norm

    def documents(dialect: str, operation: str) -> str:
        # `$id` is a number of theirs.
        if dialect == _DIALECT:
            return _PAGES[operation].document.replace("$id", "$globalId")
        return document(dialect, operation)

    def both(operation: str, draw: Random | Any = common.random) -> dict[str, Any]:
        given = variables(operation, draw)
        return {**given, **_ours(operation, given, sizes)}

    def shaped(data: Any) -> Any:
        return normal(as_peer(data, sizes) if _is_ours(data) else normal_peer(data))

    common.doc, common.variables, common.norm = documents, both, shaped
    common.OPS = [operation for operation in common.OPS if operation in _PAGES]


def _ours(operation: str, given: dict[str, Any], sizes: Sizes) -> dict[str, Any]:
    """GraphQL servers pass over variables that a document does not declare."""
    number = int(given.get("id", 0))
    match operation:
        case "q1":
            return {"globalId": global_id("Post", Ids(sizes).post(number))}
        case "q3":
            return {"globalId": global_id("Thread", Ids(sizes).thread(number))}
        case "q4":
            return {"globalId": global_id("Club", number), "from": given["now"]}
        case "q5":
            return {"who": f"user{number}"}
        case "q6":
            return {"who": f"user{number}", "from": given["now"]}
    return {}


def _is_ours(value: Any) -> bool:
    if isinstance(value, dict):
        return "nodes" in value or "displayName" in value or any(map(_is_ours, value.values()))
    return False


def _check(scripts: Path, known: dict[str, Any], names: list[str]) -> None:
    """Start those named, compare them, end them."""
    processes = importlib.import_module("proc")
    started: list[Any] = []
    with tempfile.TemporaryDirectory() as logs:
        try:
            for name in names:
                started.append(processes.start(known[name], f"{logs}/{name}")[0])  # noqa: PERF401 - what began must be ended
            sys.argv = ["check.py", *(f"{name}={known[name]['port']}:{known[name]['dialect']}" for name in names)]
            runpy.run_path(str(scripts / "check.py"), run_name="__main__")
        finally:
            for process in started:
                processes.stop(process)


if __name__ == "__main__":
    main()
