"""Comments, reactions and the live feed in the graph."""
