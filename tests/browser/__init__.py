"""The console in a real browser, served as it is in use."""
