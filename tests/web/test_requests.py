"""What need not be walked is no trap: whoever is let through unseen would be let through."""

import orjson
import pytest

from hub.web.errors import Malformed
from hub.web.requests import MOST_NESTED, MOST_VALUES, from_body, is_harmless, refuse_traps


@pytest.mark.parametrize("nesting", [b'{"a":%b}', b"[%b]"])
def test_harmless_is_nothing_that_is_refused(nesting: bytes) -> None:
    seen: set[tuple[bool, bool]] = set()
    text = b"1"
    for _ in range(2 * MOST_NESTED):
        text = nesting % text
        seen.add((is_harmless(text), is_taken(text)))
    assert (True, False) not in seen
    assert {(True, True), (False, False)} <= seen


def test_many_values_and_nul_are_not_harmless() -> None:
    assert not is_harmless(orjson.dumps([1] * MOST_VALUES))
    assert not is_harmless(b'{"query": "{ status }\\u0000"}')
    with pytest.raises(Malformed):
        from_body(b'{"query": "{ status }\\u0000"}')


def is_taken(text: bytes) -> bool:
    try:
        refuse_traps(orjson.loads(text))
    except Malformed:
        return False
    return True
