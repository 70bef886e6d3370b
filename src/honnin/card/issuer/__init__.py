"""The issuer of cards: its commands, secure channel, file contents, new cards and new keys."""
