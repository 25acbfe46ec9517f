"""The Engagement Hub: users, threads, posts, comments and events joined in one graph, live.

Nouns (users, clubs, subjects, comments, forum, posts, events) say what the product is, machines (store, live,
text) how it works. Imports go down the floors that pyproject.toml lists, never up.
"""
