"""What the Act, its rules and the terms of use say: pure functions of facts and a date.

Every module answers `(facts, on) -> answer`. A question of permission answers with *all* refusals, each
with a stable code and the clauses it rests on; a question of dates answers with a legal day in Japan time.
Each function carries its citation (`@cites`), and `clauses.toml` holds the rules as data, so that
`docs/reference/clauses.md` can say which rule is carried out where and which test proves it.

This room has no clock, no database, no network and no settings, and a question of permission is answered,
never raised. The numbers of the law are constants beside their citation; what an operator may choose is an
argument. Where no text decides, the docstring says "Our choice".
"""
