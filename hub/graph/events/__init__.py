"""Club events and rsvps in the graph."""
