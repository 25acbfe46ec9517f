"""When a person is told: by how often they want to hear, in their own zone, and never in their quiet hours."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAYS_AHEAD = 9
_MONDAY = 0


@dataclass(frozen=True)
class Rhythm:
    """`quiet` begins at its first time and ends at its second, the next day if that is earlier. Digests come at
    `digest_hour` of the person's day, weekly ones on Mondays."""

    zone: ZoneInfo
    quiet: tuple[time, time] | None = None
    digest_hour: int = 8

    def due(self, frequency: str, at: datetime) -> datetime:
        """When what happened `at` is to be told: never before, and each time after the last one."""
        match frequency:
            case "INSTANT":
                return self.awake(at)
            case "HOURLY":
                return self.awake(at.replace(minute=0, second=0, microsecond=0) + _HOUR)
            case "DAILY":
                return self.awake(self._digest(at))
            case "WEEKLY":
                return self.awake(self._digest(at, _MONDAY))
            case _:
                raise ValueError(frequency)

    def awake(self, at: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours that it lies in."""
        if self.quiet is None or not self._is_quiet(at):
            return at
        today = at.astimezone(self.zone).date()
        moment = next(end for end in self._moments(today, self.quiet[1]) if end > at)
        while self._is_quiet(moment):  # the clock was put forward over their end
            moment += _MINUTE
        return moment

    def day_of(self, at: datetime) -> datetime:
        """When the person's day began."""
        return datetime.combine(at.astimezone(self.zone).date(), time(), self.zone).astimezone(UTC)

    def _is_quiet(self, at: datetime) -> bool:
        assert self.quiet is not None
        begin, end = self.quiet
        clock = at.astimezone(self.zone).time()
        return begin <= clock < end if begin < end else clock >= begin or clock < end

    def _digest(self, at: datetime, weekday: int | None = None) -> datetime:
        today, hour = at.astimezone(self.zone).date(), time(self.digest_hour)
        days = (today + timedelta(days=ahead) for ahead in range(_DAYS_AHEAD))
        wanted = (day for day in days if weekday is None or day.weekday() == weekday)
        return next(moment for moment in (self._moment(day, hour) for day in wanted) if moment > at)

    def _moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _moments(self, day: date, clock: time) -> list[datetime]:
        """This time of the day and of the next one; twice where the clock is put back over it."""
        days = (day, day + timedelta(days=1))
        return sorted({self._moment(one, clock.replace(fold=fold)) for one in days for fold in (0, 1)})


def zone_of(name: str | None) -> ZoneInfo:
    """UTC where there is none of this name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def clock_of(text: str) -> time:
    """Of `HH:MM`; raise ValueError for anything else."""
    return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time()


def quiet_of(begin: str | None, end: str | None) -> tuple[time, time] | None:
    return (clock_of(begin), clock_of(end)) if begin and end and begin != end else None
