"""Live cursors: (stream, epoch, n), the position after the n-th notice of a stream. Opaque outside."""

import base64
import binascii
import struct
from dataclasses import dataclass, replace

from hub.refusals import ErrorCode, FieldRefusal

_FORMAT = struct.Struct(">qqq")


@dataclass(frozen=True)
class LiveCursor:
    stream_id: int
    epoch: int
    seq: int

    def at(self, seq: int) -> "LiveCursor":
        return replace(self, seq=seq)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(_FORMAT.pack(self.stream_id, self.epoch, self.seq)).decode()

    @classmethod
    def parse(cls, text: str, stream_id: int) -> "LiveCursor":
        """Raise FieldRefusal for garbage and for a cursor of another stream."""
        try:
            cursor = cls(*_FORMAT.unpack(base64.b64decode(text, altchars=b"-_", validate=True)))
        except (ValueError, binascii.Error, struct.error):
            raise FieldRefusal(
                ErrorCode.INVALID,
                "This is no live cursor: give one just as the API showed it, or none to begin now.",
                "after",
            ) from None
        if cursor.stream_id != stream_id or cursor.seq < 0:
            raise FieldRefusal(
                ErrorCode.INVALID,
                "This cursor belongs to another stream: give one of this stream, or none to begin now.",
                "after",
            )
        return cursor
