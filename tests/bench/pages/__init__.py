"""`python -m tests.bench pages`: how fast six pages and `addComment` are answered, and what they cost.

Three servers over one database answer the same documents: the hub, `naive` (what a usual developer would write with
Strawberry and an ORM) and `sql` (no GraphQL, one hand-written statement a page: about the least that is possible).
`--peers FOLDER` adds servers of other languages over a database of their own with the same content. Nothing is
measured before all answer alike. Then, page by page, the servers are asked in turn, round after round, each alone;
what is told are medians.

- `rps`, `p50_ms`, `p99_ms`: a closed loop of `--connections` kept alive, from a process of its own on the same machine.
- `server_cpu_ms`: user and system time of the server's processes per answer, by `/proc`.
- `database_cpu_ms`: the same of the backends of its PostgreSQL database; null for SQLite, whose work is the server's,
  and for a database elsewhere.
- `statements`: what it sends to the database per request, counted apart, see `counting.py`.
- `memory_mb`: of each server after all, what is shared counted in part.

The machine is shared between server, database and load: judge by the CPU per answer and by ratios within one run.
The loaded database is kept under the name that `--database` gives, with the scale behind it; what a run writes is taken
back at its end. `--fresh` loads anew. `tests/bench/peers/hub.py` takes the hub into the peers' own runner.
"""
