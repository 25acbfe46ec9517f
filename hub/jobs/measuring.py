"""How long the queue is, for `/metrics`: counted to a bound, along indexes."""

from hub import metrics
from hub.jobs.kinds import Priority
from hub.store.database import Database
from hub.store.instants import from_driver

_MOST = 10_000
_ALL = ", ".join(str(int(priority)) for priority in Priority)


def _count(name: str, condition: str) -> str:
    return f"(select count(*) from (select 1 from jobs where {condition} limit {_MOST}) {name}) as {name}"


def _oldest(priority: Priority) -> str:
    return f"(select min(run_at) from jobs where dead_at is null and priority = {int(priority)}) as oldest_{priority}"


_MEASURE = f"""select {{now}} as at,
    {_count("due", f"dead_at is null and priority in ({_ALL}) and run_at <= (select {{now}})")},
    {_count("later", f"dead_at is null and priority in ({_ALL}) and run_at > (select {{now}})")},
    {_count("dead", "dead_at is not null")},
    {", ".join(_oldest(priority) for priority in Priority)}"""


async def measure(database: Database) -> None:
    row = (await database.fetch(_MEASURE))[0]
    for state in ("due", "later", "dead"):
        metrics.JOBS.labels(state).set(row[state])
    at = from_driver(row["at"])
    oldest = [from_driver(value) for name, value in row.items() if name.startswith("oldest") and value is not None]
    metrics.JOBS_LAG.set(max(0.0, *((at - one).total_seconds() for one in oldest), 0.0))
