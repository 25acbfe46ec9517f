"""What changes apps, tokens and grants: told on the stream of whom it concerns, and recorded in the audit log."""
