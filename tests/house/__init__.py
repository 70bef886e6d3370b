"""Rules that every module of the product keeps, and every module of the tests."""
