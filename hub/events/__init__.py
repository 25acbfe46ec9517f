"""Club events, and who comes. An event is a subject; its times are instants, its zone is where people meet."""
