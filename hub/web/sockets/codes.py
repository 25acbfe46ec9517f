"""Every way a socket ends. Clients of the `graphql-ws` kind come back by themselves unless marked (stays away)."""

from enum import IntEnum


class CloseCode(IntEnum):
    TOO_BIG = 1009  # a message longer than `frame_limit` (stays away)
    RESTART = 1012  # this process goes away; come back
    TRY_LATER = 1013  # the token could not be looked up just now
    MALFORMED = 4400  # a message that is not of the protocol (stays away)
    UNAUTHORIZED = 4401  # an operation before `connection_ack` (stays away)
    FORBIDDEN = 4403  # the token is bad, expired or revoked; get another one first
    SUBPROTOCOL = 4406  # only `graphql-transport-ws` is spoken (stays away)
    INIT_TIMEOUT = 4408  # no `connection_init` within `init_timeout`
    DUPLICATE_ID = 4409  # an operation under the id of one that still runs (stays away)
    TOO_MANY_INITS = 4429  # a second `connection_init` (stays away)
    INTERNAL = 4500  # something broke on our side; the log has the request id (stays away)
    TOO_SLOW = 4508  # frames were not taken within `send_deadline`, or too many waited; resume by cursor
    SESSION_ENDED = 4510  # the token expired or was revoked, or its person was banned; get another one first
    SILENT = 4511  # two pings went without any answer
    TOO_MANY_MESSAGES = 4529  # more than `messages_per_second`
    TOO_MANY_SOCKETS = 4530  # more than `sockets_per_viewer`


class Ending(Exception):
    """Why a socket ends; `code` is None when the peer left by itself and needs no telling."""

    def __init__(self, code: CloseCode | None, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
