import argparse
import asyncio
import json

from tests.bench import rush


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=["rush"])
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--writers", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    arguments = parser.parse_args()
    result = asyncio.run(rush.run(arguments.database, arguments.writers, arguments.seconds))
    print(json.dumps(result) if arguments.json else "\n".join(f"{name:<28} {value}" for name, value in result.items()))


main()
