"""What actors say to one another, a module for each story."""
