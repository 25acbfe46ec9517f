"""`python -m tests.bench drops …`."""

import argparse
import asyncio
from typing import Any

from tests.bench.drops.scenario import FAULTS, run


def main(arguments: list[str]) -> tuple[dict[str, Any], bool]:
    """The result, and whether JSON was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench drops")
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20, help="comments a second")
    parser.add_argument("--fault", choices=[*FAULTS, "all"], default="cut")
    parser.add_argument("--database", default="", help="postgres://… of an empty database; SQLite without")
    parser.add_argument("--broker", default="", help="redis://…; without, processes find each other's comments by poll")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    asked = parser.parse_args(arguments)
    return asyncio.run(run(asked)), asked.json
