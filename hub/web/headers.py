"""A request's headers, decoded once: Starlette's walk and encode at each look, and each request is looked at often."""

from starlette.datastructures import Headers
from starlette.types import Scope


class RequestHeaders(Headers):
    """What comes in several lines of one name is one list (RFC 9110, 5.3); where a single value is wanted it fits
    nothing then."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._joined: dict[str, str] = {}
        for raw_name, raw_value in self.raw:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            self._joined[name] = f"{self._joined[name]}, {value}" if name in self._joined else value

    def __getitem__(self, key: str) -> str:
        return self._joined[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._joined
