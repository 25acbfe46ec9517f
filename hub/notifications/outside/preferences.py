"""How each of some people wants to be told, read for all of them at once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from hub.notifications.kinds import USUAL
from hub.notifications.outside.schedule import Rhythm, quiet_of, zone_of
from hub.store.database import Database, Record, Transaction

_SAYS_MORE = ("INSTANT", "HOURLY")


@dataclass(frozen=True)
class Channels:
    """What this hub can send by, and when digests come."""

    outside: tuple[str, ...]
    digest_hour: int


class Preferences:
    def __init__(self, channels: Channels, people: list[Record], rules: list[Record]) -> None:
        self._people = {row["id"]: row for row in people}
        self._rules = {(row["user_id"], row["kind"], row["channel"]): row["frequency"] for row in rules}
        self._channels = channels
        self._rhythms: dict[int, Rhythm] = {}

    @classmethod
    async def of(
        cls, place: Database | Transaction, channels: Channels, people: Collection[int], kinds: Collection[str]
    ) -> "Preferences":
        listed: dict[str, Any] = {"people": list(people), "kinds": list(kinds)}
        found = await place.fetch(_PEOPLE, listed)
        return cls(channels, found, await place.fetch(_RULES, listed))

    def frequency(self, person: int, kind: str, channel: str) -> str:
        return self._rules.get((person, kind, channel)) or USUAL[kind].on(channel)

    def outside(self, person: int, kind: str, *, gathered: bool) -> dict[str, str]:
        """By channel on which the person can be reached, how often; nothing where that is never.

        `gathered`: the person follows so that what could come at once comes daily.
        """
        reached = {channel for channel in self._channels.outside if self._reaches(person, channel)}
        often = {channel: self.frequency(person, kind, channel) for channel in sorted(reached)}
        if gathered:
            often = {name: "DAILY" if frequency in _SAYS_MORE else frequency for name, frequency in often.items()}
        return {name: frequency for name, frequency in often.items() if frequency != "OFF"}

    def rhythm(self, person: int) -> Rhythm:
        if person not in self._rhythms:
            row = self._people[person]
            quiet = quiet_of(row["quiet_from"], row["quiet_to"])
            self._rhythms[person] = Rhythm(zone_of(row["time_zone"]), quiet, self._channels.digest_hour)
        return self._rhythms[person]

    def _reaches(self, person: int, channel: str) -> bool:
        row = self._people.get(person)
        return row is not None and bool(row["mailed"] if channel == "EMAIL" else row["pushed"])


MAILED = """case when a.email_verified_at is not null
        and (s.mail_stopped_at is null or s.mail_stopped_at < a.email_verified_at) then 1 else 0 end as mailed"""
"""Of an account `a` and the settings `s`."""
_PEOPLE = f"""
    select u.id, a.time_zone, s.quiet_from, s.quiet_to,
        {MAILED},
        case when exists (select 1 from push_devices d where d.user_id = u.id) then 1 else 0 end as pushed
    from users u left join accounts a on a.id = u.id left join notification_settings s on s.id = u.id
    where u.id {{in people}}"""
_RULES = """
    select user_id, kind, channel, frequency from notification_rules
    where user_id {in people} and kind {in_text kinds}"""
