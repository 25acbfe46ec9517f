"""Whatever is sent is answered: with data or with codes, never by a fault of ours, and nobody else waits for it."""
