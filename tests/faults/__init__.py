"""The database and Redis slow, gone and back: waits are bounded, answers coded, and nothing needs a restart."""
