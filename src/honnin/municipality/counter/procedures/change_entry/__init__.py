"""Another name, or another item of an entry: by marriage, on request, or as a correction."""
