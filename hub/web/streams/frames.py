"""Events as they stand on the wire. Bodies are JSON in one line, so each is one `data:` line."""

from hub.live.cursor import LiveCursor
from hub.live.groups import Delivery

PING = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"


def next_event(body: bytes, cursor: LiveCursor | None = None) -> bytes:
    place = b"id: %b\n" % str(cursor).encode() if cursor is not None else b""
    return b"event: next\n%bdata: %b\n\n" % (place, body)


def single(body: bytes) -> bytes:
    """All of a stream with one answer."""
    return next_event(body) + COMPLETE


class Frames:
    """The events of deliveries. One that goes to many readers in turn is the very same for all, and made once."""

    def __init__(self) -> None:
        self._delivery: Delivery | None = None
        self._event = b""

    def of(self, delivery: Delivery) -> bytes:
        if delivery is not self._delivery:
            self._event = next_event(delivery.body, delivery.cursor)
            self._delivery = delivery
        return self._event
