"""A request's headers, decoded once: Starlette's walk and encode at each look, and each request is looked at often."""

from starlette.datastructures import Headers
from starlette.types import Scope


class RequestHeaders(Headers):
    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        # Of a name that comes twice the first one counts, as with Starlette.
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self.raw)}

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first
