from typing import Annotated, Any

import strawberry

from hub.graph.connections import Connection
from hub.graph.directives import ApiScope
from hub.graph.fields import connection
from hub.graph.jobs.types import Job
from hub.graph.paging import DEFAULT, After, First, filters
from hub.jobs.loaders import jobs_by_age, jobs_given_up

OfKind = Annotated[str | None, strawberry.argument(description="Only jobs of this kind.")]
Failed = Annotated[bool, strawberry.argument(description="Only jobs that were given up.")]


def _arguments(first: First = DEFAULT, after: After = None, kind: OfKind = None, failed: Failed = False) -> Any: ...


def _pick(arguments: Any) -> Any:
    return jobs_given_up if arguments.get("failed") else jobs_by_age, filters(kind=arguments.get("kind"))


@strawberry.type
class JobQueries:
    jobs: Connection[Job] = connection(
        _pick,
        None,
        arguments=_arguments,
        loaders=[jobs_by_age, jobs_given_up],
        scope=ApiScope.ADMIN,
        description="Jobs that are not done, the newest ones first; empty for everybody but admins.",
    )
