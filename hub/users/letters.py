"""What the hub writes to people about their accounts; the words are in `templates`."""

from hub.mail.letters import Letters

LETTERS = Letters("hub.users")
