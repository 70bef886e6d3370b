"""Input and output of the commands: options, texts, streams, JSON, errors of the command line."""
