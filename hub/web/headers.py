"""A request's headers, decoded once: Starlette's walk and encode at each look, and each request is looked at often."""

from starlette.types import Scope


class RequestHeaders(dict[str, str]):
    """By their names in lower case. What comes in several lines of one name is one list (RFC 9110, 5.3); where a single
    value is wanted it fits nothing then."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            self[name] = f"{self[name]}, {value}" if name in self else value
