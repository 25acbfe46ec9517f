"""How a person wants to be told: by kind and channel, outside quiet hours, and what makes them follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import available_timezones

from hub.live.backend import Backend
from hub.notifications.kinds import CHANNELS, USUAL
from hub.notifications.outside.schedule import clock_of
from hub.notifications.rules import FOLLOWS_BY
from hub.refusals import ErrorCode, Refusal
from hub.store.audience import Viewer
from hub.store.chain import Chain, Step
from hub.store.database import Database
from hub.store.ids import new_id
from hub.store.instants import from_driver
from hub.store.sql import Kind
from hub.users.rules import ensure_signed_in


class Rule(NamedTuple):
    """How often a person is told of one kind on one channel."""

    kind: str
    channel: str
    frequency: str


_RULES: dict[str, Kind] = {"id": "id", "kind": "text", "channel": "text", "frequency": "text"}
_STORE = Chain(
    (
        Step("taken", "select {as_id user} as user_id"),
        Step(
            "stored",
            """insert into notification_rules (id, user_id, kind, channel, frequency)
               select rules.id, {as_id user}, rules.kind, rules.channel, rules.frequency from rules where true
               on conflict (user_id, kind, channel) do update set frequency = excluded.frequency
               returning id""",
        ),
    ),
    answer="taken",
    records={"rules": _RULES},
)
_SAVE = """
    insert into notification_settings (id, quiet_from, quiet_to, follows_by)
    values ({as_id user}, {as_text quiet_from}, {as_text quiet_to}, {as_text follows_by})
    on conflict (id) do update set quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
        follows_by = excluded.follows_by
    returning id"""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a person has; `rules` are all there are, by kind and channel."""

    rules: list[Rule]
    quiet_from: str | None
    quiet_to: str | None
    follows_by: list[str]
    mail_stopped_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a person wants from now on; rules that are not named stay, and so do `follows_by` and zone without one."""

    rules: Sequence[Rule]
    quiet_from: str | None
    quiet_to: str | None
    follows_by: Sequence[str] | None
    time_zone: str | None


async def chosen_by(database: Database, user_id: int) -> Chosen:
    own = await database.fetch(
        "select kind, channel, frequency from notification_rules where user_id = :user", {"user": user_id}
    )
    rows = await database.fetch(
        "select quiet_from, quiet_to, follows_by, mail_stopped_at from notification_settings where id = :user",
        {"user": user_id},
    )
    known = {(row["kind"], row["channel"]): row["frequency"] for row in own}
    row = rows[0] if rows else dict.fromkeys(("quiet_from", "quiet_to", "follows_by", "mail_stopped_at"))
    return Chosen(
        rules=[
            Rule(kind, channel, known.get((kind, channel)) or usual.on(channel))
            for kind, usual in USUAL.items()
            for channel in CHANNELS
        ],
        quiet_from=row["quiet_from"],
        quiet_to=row["quiet_to"],
        follows_by=list(FOLLOWS_BY) if row["follows_by"] is None else row["follows_by"].split(),
        mail_stopped_at=from_driver(row["mail_stopped_at"]) if row["mail_stopped_at"] is not None else None,
    )


async def choose(backend: Backend, viewer: Viewer, change: Change) -> None:
    """Refuse an in-app rule that is gathered, half of the quiet hours, and what is no time or zone."""
    user_id = ensure_signed_in(viewer)
    for place, (_, channel, frequency) in enumerate(change.rules):
        if channel == "IN_APP" and frequency not in {"OFF", "INSTANT"}:
            raise Refusal(
                ErrorCode.INVALID,
                "The inbox shows at once or not at all: choose one of the two for it.",
                "rules",
                str(place),
            )
    _ensure_hours(change.quiet_from, change.quiet_to)
    if change.time_zone is not None and change.time_zone not in available_timezones():
        raise Refusal(
            ErrorCode.INVALID, "This is no time zone: give an IANA name such as `America/Chicago`.", "timeZone"
        )
    kept = (await chosen_by(backend.database, user_id)).follows_by
    wanted = kept if change.follows_by is None else sorted(set(change.follows_by))
    await store_rules(backend.database, user_id, change.rules)
    await backend.database.write(
        _SAVE,
        {
            "user": user_id,
            "quiet_from": change.quiet_from,
            "quiet_to": change.quiet_to,
            "follows_by": " ".join(wanted),
        },
    )
    if change.time_zone is not None:
        await backend.database.write(
            "update accounts set time_zone = {as_text zone} where id = {as_id user}",
            {"zone": change.time_zone, "user": user_id},
        )


async def store_rules(database: Database, user_id: int, rules: Sequence[Rule]) -> None:
    """The last one of a kind and channel counts."""
    named = {(kind, channel): frequency for kind, channel, frequency in rules}
    records = [
        {"id": new_id(), "kind": kind, "channel": channel, "frequency": frequency}
        for (kind, channel), frequency in named.items()
    ]
    if records:
        await _STORE.run(database, {"user": user_id, "rules": records})


def _ensure_hours(begin: str | None, end: str | None) -> None:
    if (begin is None) != (end is None):
        missing = "quietFrom" if begin is None else "quietTo"
        raise Refusal(ErrorCode.REQUIRED, "Quiet hours have a beginning and an end: give both, or neither.", missing)
    for name, text in (("quietFrom", begin), ("quietTo", end)):
        try:
            if text is not None:
                clock_of(text)
        except ValueError:
            raise Refusal(ErrorCode.INVALID, "This is no time of day: write it like `22:00`.", name) from None
