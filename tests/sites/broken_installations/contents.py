"""What an installation consists of, and a change of it past the acts."""

import sqlite3
from pathlib import Path


def content(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def execute(home: Path, role: str, statement: str, *values: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(home / f"{role}.sqlite3") as connection:
        rows = connection.execute(statement, values).fetchall()
    connection.close()
    return rows
