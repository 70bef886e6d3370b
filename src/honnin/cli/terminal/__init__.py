"""How a command is heard and answers: options, words, streams, JSON, and what a wrong line is told."""
