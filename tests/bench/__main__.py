"""Benchmarks, run by hand: `python -m tests.bench NAME --json`. Numbers are ratios within one run: machines are shared."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from tests.bench import inboxes, jobs, live, memory, parity, petition, rush, signing
from tests.bench.attacks import run as attacks
from tests.bench.pages import run as pages
from tests.bench.pages.documents import PAGES

_SQLITE = "sqlite://hub-data/bench-pages.sqlite3"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.set_defaults(json=False)
    named = parser.add_subparsers(dest="name", required=True)
    named.add_parser("fanout", help="many follow one post, beside a naive server", add_help=False)
    named.add_parser("drops", help="readers are cut off, and lose nothing", add_help=False)
    _rush_arguments(named.add_parser("rush", help="many comment on one post at once, others read"))
    _signing_arguments(named.add_parser("signing", help="many take part in one action, beside a naive counter"))
    _jobs_arguments(named.add_parser("jobs", help="two processes do jobs, timers and one long job with a kill -9"))
    _inboxes_arguments(named.add_parser("inboxes", help="one comment for many followers, with a kill -9"))
    _pages_arguments(named.add_parser("pages", help="six pages and addComment beside rivals"))
    _attacks_arguments(named.add_parser("attacks", help="attacks on HTTP beside an ordinary reader"))
    _documents_arguments(named.add_parser("parity", help="random documents, by plan and by execution"), parity.run)
    _documents_arguments(named.add_parser("memory", help="what random documents leave behind in memory"), memory.run)
    if sys.argv[1:2] in (["fanout"], ["drops"]):
        live.main(*sys.argv[1:])
        return
    arguments = parser.parse_args()
    result, text = asyncio.run(arguments.run(arguments))
    print(json.dumps(result) if arguments.json else text)


def _rush_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_rush)
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--writers", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10)
    _json_argument(parser)


async def _rush(arguments: argparse.Namespace) -> tuple[Any, str]:
    result = await rush.run(arguments.database, arguments.writers, arguments.seconds)
    return result, "\n".join(f"{name:<28} {value}" for name, value in result.items())


def _signing_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_signing)
    parser.add_argument("--database", required=True, help="postgres://… of an empty database")
    parser.add_argument("--writers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--http", action="store_true", help="over HTTP, while others read the post, with a kill -9")
    _json_argument(parser)


async def _signing(arguments: argparse.Namespace) -> tuple[Any, str]:
    way = petition if arguments.http else signing
    result = await way.run(arguments.database, arguments.writers, arguments.seconds)
    return result, "\n".join(f"{name:<28} {value}" for name, value in result.items())


def _jobs_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_jobs)
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--broker", default="", help="what wakes the processes, as HUB_BROKER_URL")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--timers", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=100_000, help="of the long job")
    _json_argument(parser)


async def _jobs(arguments: argparse.Namespace) -> tuple[Any, str]:
    given = {name: getattr(arguments, name) for name in ("broker", "jobs", "timers", "people")}
    result = await jobs.run(arguments.database, **given)
    return result, "\n".join(f"{name:<28} {value}" for name, value in result.items())


def _inboxes_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_inboxes)
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--broker", default="", help="what wakes the processes, as HUB_BROKER_URL")
    parser.add_argument("--people", type=int, default=100_000, help="who follow")
    parser.add_argument("--mailed", type=int, default=5_000, help="of these, who want mail at once")
    _json_argument(parser)


async def _inboxes(arguments: argparse.Namespace) -> tuple[Any, str]:
    result = await inboxes.run(arguments.database, arguments.broker, arguments.people, arguments.mailed)
    return result, "\n".join(f"{name:<36} {value}" for name, value in result.items())


def _attacks_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_attacks)
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--seconds", type=float, default=8, help="of each attack")
    parser.add_argument(
        "--rounds", type=int, default=1, help="of all attacks; told is the last one, and memory after each"
    )
    _json_argument(parser)


async def _attacks(arguments: argparse.Namespace) -> tuple[Any, str]:
    result = await attacks.run(arguments.database, arguments.seconds, arguments.rounds)
    return result, attacks.table(result)


def _documents_arguments(parser: argparse.ArgumentParser, run: Any) -> None:
    async def asked(arguments: argparse.Namespace) -> tuple[Any, str]:
        result = await run(arguments.database, arguments.documents, arguments.seed)
        return result, "\n".join(f"{name:<28} {value}" for name, value in result.items())

    parser.set_defaults(run=asked)
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--documents", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    _json_argument(parser)


def _pages_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_pages)
    parser.add_argument("--database", default=_SQLITE, help="postgres://…/NAME or sqlite://PATH; the scale is added")
    parser.add_argument("--scale", type=float, default=0.1, help="1 is two million comments, 0.005 the smallest")
    parser.add_argument("--pages", type=_names(PAGES), default=tuple(PAGES), help=",".join(PAGES))
    parser.add_argument("--servers", type=_names(pages.OURS), default=pages.OURS, help=",".join(pages.OURS))
    parser.add_argument("--peers", type=Path, help="folder of the peers; needs PostgreSQL, psql, node and npm")
    parser.add_argument("--seconds", type=float, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--warm", type=float, default=2, help="seconds before a page's first round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--port", type=int, default=0, help="first of the servers' ports; free ones without")
    parser.add_argument("--fresh", action="store_true", help="load the community anew")
    _json_argument(parser)


async def _pages(arguments: argparse.Namespace) -> tuple[Any, str]:
    # As Ctrl-C: servers are ended and what was written is taken back.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    given = vars(arguments)
    options = pages.Options(**{name: given[name] for name in pages.Options.__dataclass_fields__})
    result = await pages.run(options)
    return result, pages.table(result)


def _json_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")


def _names(known: Any) -> Any:
    def parse(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return names

    return parse


main()
