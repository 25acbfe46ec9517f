"""Comments on subjects, in trees, and reactions. Knows subjects and people, no noun above them.

A comment is written in one statement together with its number, its notice and its idempotency key. Writers queue in
memory (`hub/store/lanes.py`), so that a busy subject holds one connection, not all; what waits, on whatever subjects,
is written together.
"""
