"""People in the graph: who they are, signing in, and the viewer."""
