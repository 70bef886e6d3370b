"""What only the issuer of cards says and knows: commands, files, new cards, new keys."""
