"""What the pages of every role share about this installation: start page, menu, what is offered."""
