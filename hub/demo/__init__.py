"""The demo community: its story as data (`story.py` and what it names), and what writes it to a database.

Nobody imports this room but `hub demo` and tests.
"""
