"""Passwords by argon2, off the event loop, a few at a time: hashing takes tens of milliseconds and 64 MiB each."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from hub.refusals import ErrorCode, FieldRefusal, ThrottleRefusal

T = TypeVar("T")
_SHORTEST, _LONGEST = 8, 256
_hasher = PasswordHasher()


class Passwords:
    """At most `workers` are hashed at once and `queue` more wait, `wait` seconds at most; beyond that it refuses."""

    def __init__(self, *, workers: int, queue: int, wait: float) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._most = workers + queue
        self._wait = wait
        self._under_way = 0

    async def hashed(self, password: str) -> str:
        return await self._run(lambda: _hasher.hash(password))

    async def match(self, stored: str | None, password: str) -> bool:
        """Takes as long without a stored hash, so that time does not tell who exists."""
        return await self._run(lambda: _matches(stored or _nobodys(), password)) and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than new ones are."""
        return _hasher.check_needs_rehash(stored)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise _busy()
        self._under_way += 1
        try:
            async with asyncio.timeout(self._wait):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError:
            raise _busy() from None
        finally:
            self._under_way -= 1


def ensure_password(password: str, argument: str = "password") -> None:
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise FieldRefusal(
            ErrorCode.TOO_SHORT if len(password) < _SHORTEST else ErrorCode.TOO_LONG,
            f"A password has {_SHORTEST} to {_LONGEST} characters.",
            argument,
            least=_SHORTEST,
            most=_LONGEST,
        )


def _busy() -> ThrottleRefusal:
    return ThrottleRefusal(
        ErrorCode.OVERLOADED, "Too many are signing in right now: try again in a moment.", retry_after_ms=2_000
    )


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
