"""One plan per document: the declarations of the fields that it selects, made into one statement.

document → `selecting` (which fields, fragments and flags resolved) → `planting` (their declarations, as a tree of
`hub.store.plans`) → statement → answer. `calls` turns arguments into choices and parameters, `planner` remembers
plans and decides when they are used. A plan gives an answer without errors or none; then Strawberry executes.
"""
