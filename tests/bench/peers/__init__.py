"""The hub as one of the servers that the peers' own runner knows; see `hub.py`."""
