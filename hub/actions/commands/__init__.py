"""What changes actions and participations, one file a write."""
