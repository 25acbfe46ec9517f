"""What posts ask people to do, and who does it, in the graph."""
