"""One line of the table of who may do what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.permissions.community import Community
from tests.permissions.roles import NOBODY

Given = dict[str, Any]
NOBODY_AT_ALL: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Deed:
    """`by` may do it, others are refused with `code`, or with what `codes` says of their role.

    `given` makes the input afresh; `ability` is what `viewerCan` tells of the thing that the input names by `on`.
    """

    mutation: str
    what: str
    by: frozenset[str]
    given: Callable[[Community, str], Awaitable[Given]]
    code: str = "FORBIDDEN"
    codes: dict[str, str] | None = None
    ability: str | None = None
    on: str = "id"

    def code_for(self, role: str) -> str | None:
        if role in self.by:
            return None
        return (self.codes or {}).get(role, "UNAUTHENTICATED" if role == NOBODY else self.code)
