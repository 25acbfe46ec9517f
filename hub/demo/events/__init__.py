"""What the clubs are up to: one file per club."""
