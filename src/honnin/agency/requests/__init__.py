"""What was answered to which request of a line, for as long as it may be sent again."""
