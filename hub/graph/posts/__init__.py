"""Engagement posts in the graph."""
