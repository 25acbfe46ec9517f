"""What a room says of a kind of job: its name, the class of its arguments, how urgent, how often it is tried."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from hub.store.ids import new_id
from hub.store.sql import Kind as ColumnKind
from hub.store.sql import to_json

A = TypeVar("A")

LONGEST_ARGUMENTS = 8_192
"""Bytes of JSON that a job's arguments, or its progress, may have: ids and positions, never the work itself."""
_LONGEST_KEY = 200


class Priority(IntEnum):
    """Which goes first. None waits for ever: every fourth look begins with each of the lower ones."""

    URGENT = 0
    NORMAL = 1
    BULK = 2


WORK: dict[str, ColumnKind] = {
    "job_id": "id",
    "kind": "text",
    "key": "text",
    "arguments": "json",
    "priority": "int",
    "run_at": "instant",
    "attempts_limit": "int",
}
"""Columns of the records that `queue.ENQUEUE` takes."""


@dataclass(frozen=True)
class Kind(Generic[A]):
    """`arguments` is a dataclass of what JSON can hold, instants included; a later version may only add what has a
    default, since older jobs wait. `attempts` are those without progress, until it is given up."""

    name: str
    arguments: type[A]
    priority: Priority = Priority.NORMAL
    attempts: int = 10

    def job(self, arguments: A, *, key: str | None = None, run_at: datetime | None = None) -> dict[str, Any]:
        """A record for `ENQUEUE`. Nothing runs before `run_at`, by the database's clock; without one, at once.

        While a job of this kind and `key` waits, another one is nothing; while it is under way it runs once more
        afterwards, with the arguments of the first. So the key names the work.
        """
        if key is not None and not 0 < len(key) <= _LONGEST_KEY:
            raise ValueError(f"a key of {self.name} has 1 to {_LONGEST_KEY} characters")
        return {
            "job_id": new_id(),
            "kind": self.name,
            "key": key,
            "arguments": bounded(self._adapter.dump_python(arguments, mode="json")),
            "priority": int(self.priority),
            "run_at": run_at,
            "attempts_limit": self.attempts,
        }

    def read(self, arguments: Any) -> A:
        """Raise ValidationError for what the class does not take."""
        return self._adapter.validate_python(arguments)

    @cached_property
    def _adapter(self) -> TypeAdapter[A]:
        return TypeAdapter(self.arguments)


def bounded(value: Any) -> Any:
    if len(to_json(value).encode()) > LONGEST_ARGUMENTS:
        raise ValueError(f"a job carries at most {LONGEST_ARGUMENTS} bytes: let it look up the rest")
    return value
