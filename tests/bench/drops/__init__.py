"""Is anything lost? Readers who resume by their cursors, writers who repeat what was not answered, and faults.

`cut`: connections are reset at random. `redis`: the broker is killed. `worker`: a server is killed.
`postgres`: the database ends the hub's connections. In the end each reader must hold every comment that was
answered, once, in order.
"""
