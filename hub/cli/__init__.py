"""The `hub` command: one file a subcommand, plain words out, exit code 1 and one line for what went wrong."""
