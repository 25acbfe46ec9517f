"""What people are told of, and how, unless they choose otherwise: one row a kind."""

from typing import NamedTuple

CHANNELS = ("IN_APP", "EMAIL", "WEB_PUSH")
FREQUENCIES = ("OFF", "INSTANT", "HOURLY", "DAILY", "WEEKLY")


class Usual(NamedTuple):
    """How often, by channel. What is in the inbox is there at once or not at all."""

    in_app: str
    email: str
    web_push: str

    def on(self, channel: str) -> str:
        return self[CHANNELS.index(channel)]


_AT_ONCE = Usual("INSTANT", "INSTANT", "INSTANT")
_GATHERED = Usual("INSTANT", "DAILY", "OFF")

USUAL: dict[str, Usual] = {
    "REPLY": _GATHERED,
    "MENTION": _AT_ONCE,
    "REACTION": Usual("INSTANT", "OFF", "OFF"),
    "POST_PUBLISHED": _GATHERED,
    "POST_UPDATE": _AT_ONCE,
    "OFFICIAL_RESPONSE": _AT_ONCE,
    "ACTION_MILESTONE": _GATHERED,
    "SUCCESSOR_OPENED": _GATHERED,
    "THREAD_ARCHIVED": _GATHERED,
    "EVENT_CHANGED": _AT_ONCE,
    "EVENT_CANCELLED": _AT_ONCE,
    "EVENT_REMINDER": _AT_ONCE,
    "WAITLIST_PROMOTED": _AT_ONCE,
    "MEMBERSHIP_APPROVED": _AT_ONCE,
    "MEMBERSHIP_REQUESTED": _GATHERED,
    "MODERATION_DECISION": _AT_ONCE,
}
