"""What threads, posts and events have in common: they can be commented on, frozen and looked up by id."""
