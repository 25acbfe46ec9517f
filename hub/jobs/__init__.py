"""Work for later: queued in the writer's transaction, taken by any process with a lease, done at least once.

Promise: what was committed is done, or ends as a dead letter with a reason; what was rolled back is not. A job may
run twice and must not matter: a process that dies under it, or stalls, leaves it to another one when the lease
ends. Batches that go with a checkpoint are done once all the same. Knows no noun: a room says what a kind of job
is called and what arguments it takes (`Kind`), and the composition root who does it (`Handlers`).
"""
