"""The two benches of the live feed, each with arguments of its own."""

import json
import signal
from typing import Any

from tests.bench.drops import command as drops
from tests.bench.fanout import command as fanout


def main(name: str, *arguments: str) -> None:
    # Told to end it must end its servers too: an exception lets go of all that is held.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    result, as_json = {"fanout": fanout.main, "drops": drops.main}[name](list(arguments))
    print(json.dumps(result) if as_json else "\n".join(f"{key:<52} {value}" for key, value in _flat("", result)))


def _flat(above: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(above, value)]
    return [line for key, inner in value.items() for line in _flat(f"{above}.{key}" if above else key, inner)]
