"""The sheets of the letters, for typst: their form (`frame`), their words (`words`), and one file a kind."""
