"""What caches may do with the answer to a GET: keep it for a while, or ask whether it still holds."""

from collections.abc import Mapping
from hashlib import sha256

import orjson

from hub.graph.answers import Answer
from hub.graph.callers import Caller
from hub.graph.documents import Operation
from hub.web.replies import NOT_MODIFIED, OK, Header, Reply


def cacheable(reply: Reply, answer: Answer, operation: Operation, caller: Caller, headers: Mapping[str, str]) -> Reply:
    """The reply to a GET, or 304 where the client has these data already. Answers with errors are kept by nobody."""
    if reply.status != OK or operation.kind != "query" or "errors" in answer.body:
        return reply
    # Weak: each answer tells its own request id and cost.
    tag = f'W/"{sha256(orjson.dumps(answer.body["data"])).hexdigest()[:32]}"'
    told: list[Header] = [
        (b"etag", tag.encode()),
        (b"cache-control", control(operation.max_age, caller.token is None).encode()),
    ]
    kept = [header for header in reply.headers if header[0] != b"cache-control"]
    if _names(headers.get("if-none-match", ""), tag):
        return Reply(NOT_MODIFIED, [*(header for header in kept if header[0] != b"content-type"), *told], b"")
    return Reply(reply.status, [*kept, *told], reply.body)


def _names(if_none_match: str, tag: str) -> bool:
    """Compared as weak tags are: of no account is which of them says that it is one (RFC 9110, section 13.1.2)."""
    given = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in given or tag.removeprefix("W/") in given


def control(max_age: int, for_all: bool) -> str:
    whose = "public" if for_all else "private"
    return f"{whose}, max-age={max_age}" if max_age else "private, no-cache"
