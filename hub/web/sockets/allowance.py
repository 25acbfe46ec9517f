"""How many messages a peer may send: `rate` a second, as many at once after a second of silence."""

from time import monotonic


class Allowance:
    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._left = float(rate)
        self._at = monotonic()

    def spend(self) -> bool:
        """False when there is none left."""
        now = monotonic()
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
