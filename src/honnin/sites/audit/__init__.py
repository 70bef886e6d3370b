"""Whether records, journal, responder, lists and files tell the same story."""
