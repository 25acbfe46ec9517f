"""What people follow, and their inboxes."""
