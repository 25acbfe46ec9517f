import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.live.cursor import LiveCursor
from hub.refusals import ErrorCode, FieldRefusal

ANY = st.integers(-(2**63), 2**63 - 1)
CURSORS = st.builds(LiveCursor, ANY, ANY, st.integers(0, 2**63 - 1))


def ensure_refused(text: str, stream_id: int = 7) -> None:
    with pytest.raises(FieldRefusal) as refusal:
        LiveCursor.parse(text, stream_id)
    assert (refusal.value.code, refusal.value.path) == (ErrorCode.INVALID, ("after",))


@given(CURSORS)
def test_a_cursor_reads_back_and_is_plain_text(cursor: LiveCursor):
    text = str(cursor)
    assert LiveCursor.parse(text, cursor.stream_id) == cursor
    assert len(text) == 32
    assert text.replace("-", "a").replace("_", "a").isalnum()


@given(CURSORS, ANY)
def test_a_cursor_of_another_stream_is_refused(cursor: LiveCursor, stream_id: int):
    if cursor.stream_id != stream_id:
        ensure_refused(str(cursor), stream_id)


@given(st.text(max_size=40))
def test_garbage_is_refused(garbage: str):
    ensure_refused(garbage)


@given(st.binary(max_size=40))
def test_packed_garbage_is_refused(garbage: bytes):
    ensure_refused(base64.urlsafe_b64encode(garbage).decode(), stream_id=2**63)


def test_a_position_before_the_beginning_is_refused():
    ensure_refused(str(LiveCursor(7, 1, -1)))


def test_what_is_cut_or_longer_is_refused():
    text = str(LiveCursor(7, 1, 5))
    for broken in (text[:-1], text[:-4], text + "A", text + "AAAA", f" {text}", f"{text}\n", "é" * 32, "\ud800" * 32):
        ensure_refused(broken)


def test_a_cursor_moves_within_its_stream():
    assert LiveCursor(7, 1, 5).at(9) == LiveCursor(7, 1, 9)
