"""Our own server of `graphql-sse` in its distinct connections mode: one subscription is one answer without end.

The twin of the sockets: the same outbox, limits, places and endings. `id:` lines carry the live cursor, and a reader
that comes back with the last of them as `Last-Event-ID` goes on behind it. So an answer that ends without `complete`
says: come back.
"""
