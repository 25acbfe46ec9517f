"""Our own server of the `graphql-transport-ws` protocol: one reader, one writer and one bounded outbox a socket.

`codes.py` lists how a socket may end. Everything of a socket runs in one task group, so when the socket ends all
of it does; only mutations that were begun are finished.
"""
