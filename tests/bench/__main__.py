import argparse
import asyncio
import json

from tests.bench import parity, rush


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("name", choices=["rush", "parity"])
    parser.add_argument(
        "--database", default="", help="postgres://… of an empty database; SQLite in a temporary folder without"
    )
    parser.add_argument("--writers", type=int, default=60)
    parser.add_argument("--documents", type=int, default=5_000, help="of parity")
    parser.add_argument("--seed", type=int, default=1, help="of parity")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    arguments = parser.parse_args()
    if arguments.name == "parity":
        work = parity.run(arguments.database, arguments.documents, arguments.seed)
    else:
        work = rush.run(arguments.database, arguments.writers, arguments.seconds)
    result = asyncio.run(work)
    print(json.dumps(result) if arguments.json else "\n".join(f"{name:<28} {value}" for name, value in result.items()))


main()
