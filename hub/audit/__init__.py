"""Who did what to whom: a row for each act of staff and for each change of roles, apps and tokens.

The row is written in the act's own transaction, by the step `RECORD` at the end of its chain, and never changed: the
database itself refuses that. Only admins read it. No secret and no mail address goes into `before` and `after`.
"""
