"""What `/metrics` shows, in Prometheus' words. Each process shows its own numbers.

A module-level number is set where the thing happens; nothing here is asked of the database when it is shown.
"""

from functools import cache
from typing import Any

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LOOP_LONGEST = Gauge("hub_loop_longest_block_seconds", "The longest that the event loop was held by one turn.")
LOOP_BLOCKS = Counter("hub_loop_blocks", "Times that the event loop was held for more than 50 ms.")
HTTP_CONNECTIONS = Gauge("hub_http_connections", "Open HTTP connections that have not become sockets.")
CONNECTIONS_REFUSED = Counter(
    "hub_http_connections_refused", "Connections for which there was no place, by whose limit.", ["limit"]
)
SOCKETS = Gauge("hub_sockets", "Open WebSockets.")
EVENT_STREAMS = Gauge("hub_event_streams", "Open server-sent event streams.")
SUBSCRIPTIONS = Gauge("hub_subscriptions", "Running subscriptions.")
GROUPS = Gauge("hub_subscription_groups", "Groups of subscriptions that share each execution and body.")
WATCHED = Gauge("hub_watched_streams", "Streams of the log that somebody follows here.")
QUEUED = Gauge("hub_queued_frames", "Frames that wait for slow readers.")
EXECUTIONS = Counter("hub_live_executions", "Executions of a subscription's selection: one a group and notice.")
DELIVERIES = Counter("hub_live_deliveries", "Bodies handed to readers that had caught up.")
LAG = Histogram(
    "hub_delivery_lag_seconds",
    "From the commit of a notice to its last reader here that had caught up.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
REPLAYED = Counter("hub_replayed_notices", "Notices handed to readers that were catching up.")
RESYNCS = Counter("hub_resyncs", "Readers told to fetch anew.")
SLOW = Counter("hub_slow_readers", "Readers that fell too far behind.", ["outcome"])
STREAM_ENDINGS = Counter("hub_event_stream_endings", "Event streams ended, by reason.", ["reason"])
ENDINGS = Counter("hub_socket_endings", "Sockets ended, by close code.", ["code"])
COST = Counter("hub_cost", "Cost of operations, less what was given back, by whose budget.", ["budget"])
THROTTLED = Counter("hub_throttled", "What was refused as too much for now, by the kind of limit.", ["kind"])
REFUSALS = Counter("hub_refusals", "Refusals, by error code.", ["code"])

OPERATIONS = Counter(
    "hub_operations",
    "Operations, subscriptions when they begin, by name (200 of a process, then `other`) and outcome.",
    ["name", "kind", "outcome"],
)
OPERATION_SECONDS = Histogram(
    "hub_operation_seconds",
    "How long an operation took.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
OPERATION_COST = Histogram("hub_operation_cost", "Cost of an operation.", buckets=(1, 10, 100, 1_000, 10_000, 100_000))
OPERATION_STATEMENTS = Histogram(
    "hub_operation_statements",
    "SQL statements of an operation, the token's look-up left out.",
    ["kind"],
    buckets=(0, 1, 2, 3, 5, 8, 13, 20, 50),
)
SLOW_OPERATIONS = Counter("hub_slow_operations", "Operations slower than HUB_SLOW_OPERATION.")
LOADER_BATCH = Histogram(
    "hub_loader_batch", "Keys that one statement of a loader joined.", buckets=(1, 2, 5, 10, 20, 50, 100, 500)
)
CONNECTIONS = Gauge("hub_database_connections_lent", "Database connections in use.")
CONNECTION_WAITS = Counter("hub_database_waits", "Times that no connection was free at once.")

PLAN_SECONDS = Histogram(
    "hub_plan_seconds",
    "Time of a plan's statement, the wait for a connection included, by kind of plan.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
PLAN_CHARACTERS = Counter("hub_plan_characters", "Characters of JSON that plans answered with.")
PLAN_MISSES = Counter("hub_plan_misses", "Runs of a plan without an answer, by reason; execution gave it.", ["reason"])
PLANS_COMPILED = Counter("hub_plans_compiled", "Statements written for a document, its filters and a standing.")
PLANS_RESTED = Counter("hub_plans_rested", "Plans set aside for missing too often.")
PLANS_COMPARED = Counter("hub_plans_compared", "Answers of plans that were executed as well, by outcome.", ["outcome"])
UNPLANNED = Counter("hub_unplanned", "Queries and payloads that had no plan and were executed, by reason.", ["reason"])
JOBS = Gauge("hub_jobs", "Jobs in the queue of all processes, counted to 10,000 every 15 seconds.", ["state"])
JOBS_LAG = Gauge("hub_jobs_lag_seconds", "For how long the oldest job that is due has waited.")
JOBS_RUNNING = Gauge("hub_jobs_running", "Jobs under way in this process.")
LETTERS = Counter("hub_letters", "Mails and pushes of notifications, by channel and outcome.", ["channel", "outcome"])
JOBS_ENDED = Counter("hub_jobs_ended", "Runs of jobs in this process, by how they ended.", ["kind", "outcome"])
JOB_SECONDS = Histogram("hub_job_seconds", "How long a run of a job took.", ["kind"])


@cache
def of(metric: Any, *labels: str) -> Any:
    """`metric.labels(…)`, remembered for what each operation counts: the look-up takes longer than the counting."""
    return metric.labels(*labels)


def page() -> bytes:
    return generate_latest(REGISTRY)
