"""Streams that readers follow: an ordered log in the database, and the relay that tells a process what is new.

Promise: a reader that knows position n of a stream gets every notice after n, in order, once. The log is the
truth; a broker only wakes, so a message lost, doubled or late costs time (at most `HUB_LIVE_POLL`), never a
notice. Knows no noun: a notice is a kind and an id.
"""
