"""`python -m tests.bench fanout …`."""

import argparse
import asyncio
from typing import Any

from tests.bench.fanout.scenario import run


def main(arguments: list[str]) -> tuple[dict[str, Any], bool]:
    """The result, and whether JSON was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench fanout")
    parser.add_argument("--subscribers", type=int, default=500, help="readers of one post")
    parser.add_argument("--rate", type=float, default=5, help="comments a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--before", type=int, default=50, help="comments before, at which the readers' cursors stand")
    parser.add_argument("--length", type=int, default=200, help="characters of a comment")
    parser.add_argument("--naive", type=int, default=100, help="readers of the naive server, at most; 0 leaves it out")
    parser.add_argument("--stalled", type=int, default=0, help="so many stop reading; then SIGTERM")
    parser.add_argument("--subjects", type=int, default=0, help="so many others have readers and are written to")
    parser.add_argument("--disconnect", action="store_true", help="all leave: what is held then")
    parser.add_argument("--reconnect", action="store_true", help="restart: all come back at once")
    parser.add_argument("--database", default="", help="postgres://… of an empty database; SQLite without")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    asked = parser.parse_args(arguments)
    return asyncio.run(run(asked)), asked.json
