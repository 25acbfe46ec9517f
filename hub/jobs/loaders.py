from hub.jobs.tables import jobs
from hub.store.loaders import Loader

jobs_by_age = Loader(jobs, None, many=True, order=("-id",), args={"kind": "{t}.kind = {as_text arg_kind}"})
jobs_given_up = Loader(
    jobs,
    None,
    many=True,
    where="{t}.dead_at is not null",
    order=("-id",),
    args={"kind": "{t}.kind = {as_text arg_kind}"},
)
