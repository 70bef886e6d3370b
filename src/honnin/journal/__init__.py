"""The record of the acts of a role: append-only, hash-linked, with signed heads.

A role gives it two tables, a key outside the database and a file for the heads (`journal.Journal`). Each
entry also binds the rows that its act wrote, column by column, under a key that the database does not hold
(`binding`). Knows no actor and no act; refuses an entry outside a transaction, and changes none.
"""
