"""What takes a request in before the framework sees it."""
