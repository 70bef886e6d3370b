"""The HTTP front: takes each request in whole before Django sees it."""
