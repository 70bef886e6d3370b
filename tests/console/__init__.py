"""What the pages of every role share."""
