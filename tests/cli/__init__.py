"""The `honnin` command, as it is typed and as it answers."""
