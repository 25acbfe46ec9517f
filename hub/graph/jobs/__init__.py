"""Work for later, as admins see it."""
