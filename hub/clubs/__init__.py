"""Owner clubs and who belongs to them in which role.

Knows users. A viewer's own clubs are read with the token (`hub/users/tokens.py`), since visibility asks for them.
"""
