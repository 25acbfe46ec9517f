"""Row ids: 63 bits, made in the process, so that a tree path or a receipt is known before the row is written.

Milliseconds since 2020 in the upper 41 bits, chance in the lower 22; rising within one process. Two processes
meet in one millisecond with a chance of one in four million a pair, and the primary key refuses the second.
"""

import random
import time

_EPOCH_MS = 1_577_836_800_000
_CHANCE_BITS = 22
_last = 0


def new_id() -> int:
    global _last
    # No secrets: those of the system cost a call of it each.
    fresh = (time.time_ns() // 1_000_000 - _EPOCH_MS << _CHANCE_BITS) | random.getrandbits(_CHANCE_BITS)
    _last = fresh if fresh > _last else _last + 1 + random.getrandbits(8)
    return _last
