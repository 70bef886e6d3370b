"""The register as a file: residents read from a table that somebody made, and written into one."""
