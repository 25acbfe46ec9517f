"""The transports: HTTP, sockets, health; a token becomes a caller here. Only `hub/app.py` comes in, by `routes.py`.

Nothing here knows the schema: all it asks of the graph is `hub.graph.operations`. Every wait has a deadline and
every queue a limit, because the peer may be slow, silent or hostile.
"""
