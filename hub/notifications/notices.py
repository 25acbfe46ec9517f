"""The facts that an inbox tells on its person's own stream."""

NOTIFICATION_ARRIVED = "notification_arrived"
"""`ref_id` is the entry's id."""
INBOX_READ = "inbox_read"
"""Entries were read; `ref_id` is the person's id."""
