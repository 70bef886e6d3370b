"""What every test may use."""

pytest_plugins = ["tests.clauses_plugin"]
