"""Owner clubs and memberships in the graph."""
