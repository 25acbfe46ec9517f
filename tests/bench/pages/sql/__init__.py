"""No GraphQL at all: one statement a page, written by hand, whose text is the finished answer; the database's own cost.

What speaks GraphQL can hardly be faster. Each statement is text put together with `concat`, which is cheaper in
PostgreSQL than `json_build_object`.
"""
