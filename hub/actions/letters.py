"""What the hub writes to people who take part without an account; the words are in `templates`."""

from hub.mail.letters import Letters

LETTERS = Letters("hub.actions")
