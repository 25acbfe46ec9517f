"""Partner apps, grants and tokens with scopes in the graph."""
