"""People: who they are, how they sign in, which token is whose.

Everybody above may read; only `commands.py` and `blocking.py` write. What a person shows is in `users`, address and
password lie apart in `accounts`, so that no careless `select *` can show them.
"""
