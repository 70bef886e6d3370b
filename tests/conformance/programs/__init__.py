"""Run as programs, beside the tests that start them."""
