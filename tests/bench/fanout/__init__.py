"""How dear is a reader? N sockets follow one post, each with a cursor of its own, while comments are written.

From outside only: WebSocket and HTTP, one server process, one process of readers, the writers in a third. Beside
it, in the same run, the naive way: a stock Strawberry server, where each subscriber executes its own selection.
Deliveries per CPU-second are what is compared, since the naive way does not bear as many readers. Linux only:
CPU and memory of the servers are read from /proc.
"""
