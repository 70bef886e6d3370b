"""`honnin login`, `honnin companion`."""
