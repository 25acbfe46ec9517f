from hub.jobs.models import JobRow
from hub.jobs.rules import visible_jobs
from hub.store.tables import Derived, Table

_STATE = "case when {t}.dead_at is not null then 'FAILED' when {t}.claim is not null then 'RUNNING' else 'QUEUED' end"

jobs = Table(JobRow, "Job", visible=visible_jobs, derived={"state": Derived(_STATE, "text")})
