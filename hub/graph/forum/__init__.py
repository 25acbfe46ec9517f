"""Threads and categories in the graph."""
