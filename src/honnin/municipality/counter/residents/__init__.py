"""Looking somebody up: the search, the page of a resident with what can be done, the reason for a look."""
