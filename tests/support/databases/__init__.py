"""Databases of tests: either engine, copies, and that they are left as they were."""
