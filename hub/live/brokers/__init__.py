"""Brokers: how a process that wrote wakes the others. They carry stream ids and nothing else.

Promise: publishing never fails and never waits for a network, and costs at most a few hundred messages a second,
however much is written. A wake-up may be lost or come twice: the relay's poll and the log make up for it.
"""
