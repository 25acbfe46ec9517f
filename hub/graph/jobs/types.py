from datetime import datetime
from enum import Enum

import strawberry

from hub.graph.fields import column, global_id


@strawberry.enum(description="How far a job is. One that is done is forgotten.")
class JobState(Enum):
    QUEUED = strawberry.enum_value("QUEUED", description="Waits for its time, for a worker, or for another attempt.")
    RUNNING = strawberry.enum_value(
        "RUNNING", description="A process has it; when that process died, another takes it after `HUB_JOBS_LEASE`."
    )
    FAILED = strawberry.enum_value("FAILED", description="Given up; kept for `HUB_JOBS_DEAD_DAYS`.")


@strawberry.type(description="Work that the hub does by itself: tell people, send mail, count. Admins only.")
class Job:
    id: strawberry.ID = global_id("Job")
    kind: str = column(description="What is to be done, by the name that the code gives it; newer code adds kinds.")
    state: JobState = column(description="How far it is.")
    attempts: int = column(description="Attempts since the last progress; the one under way counts.")
    created_at: datetime = column(description="When it was queued.")
    run_at: datetime = column(description="Not before then; while it runs, when its lease ends.")
    started_at: datetime | None = column(description="When the last attempt began; null before the first one.")
    finished_at: datetime | None = column("dead_at", description="When it was given up; null for all others.")
    reason: str | None = column(
        description="Why the last attempt failed, without what it was about: at most 300 characters; null where none"
        " failed."
    )
