# ruff: noqa: A005 – the name of the room, not of a module of the standard library
