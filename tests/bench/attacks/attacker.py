"""A process of attackers: `python -m tests.bench.attacks.attacker NAME HOST PORT SECONDS` prints what became of them."""

import asyncio
import json
import sys
import time
from collections import Counter

from tests.bench.attacks.weapons import WEAPONS, Hit, Weapon

_PATIENCE = 30
_REST = 0.01


async def attack(name: str, host: str, port: int, seconds: float) -> dict[str, object]:
    many, weapon = WEAPONS[name]
    statuses: Counter[int] = Counter()
    took: list[float] = []
    until = time.monotonic() + seconds

    async def one() -> None:
        while time.monotonic() < until:
            hit, lasted = await _once(weapon, host, port)
            statuses[hit.status] += 1
            if hit.timed:
                took.append(lasted)
            await asyncio.sleep(_REST)

    tasks = [asyncio.create_task(one()) for _ in range(many)]
    await asyncio.wait(tasks, timeout=seconds + _PATIENCE if many < 100 else seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {"statuses": dict(statuses), "slowest_ms": round(max(took, default=0) * 1000, 1), "answers": len(took)}


async def _once(weapon: Weapon, host: str, port: int) -> tuple[Hit, float]:
    begun = time.monotonic()
    try:
        return await weapon(host, port), time.monotonic() - begun
    except OSError:
        return Hit(0), time.monotonic() - begun


if __name__ == "__main__":
    _, chosen, host, port, seconds = sys.argv
    print(json.dumps(asyncio.run(attack(chosen, host, int(port), float(seconds)))))
