"""The service itself in the graph: is it up, and how may it be used."""
