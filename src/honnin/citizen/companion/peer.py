"""Whose process is at the other end of a connection on this machine, as the kernel of Linux says.

It says so in `/proc/net/tcp`: a row for each end of a connection, with the user to whom that end belongs.
"""

import os
import socket
import sys
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LOCAL, _REMOTE, _USER = 1, 2, 7  # columns
_MAPPED: Final = bytes(10) + b"\xff\xff"  # an IPv4 address in IPv6 (RFC 4291, 2.5.5.2)
Address = tuple[str, int]


def user_at(client: Address, server: Address) -> int | None:
    """The user id of the client's end of a connection over IPv4; None where no row tells of it."""
    for table in _TABLES:
        ends = [_written(address, table) for address in (client, server)]
        for row in _rows(table):
            if [row[_LOCAL], row[_REMOTE]] == ends:
                return int(row[_USER])
    return None


def is_known() -> bool:
    """Whether the system says whose a connection is: tried with one of our own."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        return user_at(client.getsockname(), client.getpeername()) == os.getuid()


def _rows(table: Path) -> list[list[str]]:
    try:
        return [line.split() for line in table.read_text("ascii").splitlines()[1:]]
    except OSError:
        return []


def _written(address: Address, table: Path) -> str:
    """As the table has it: words of four octets, each as a number of this machine, and the port."""
    octets = socket.inet_aton(address[0])
    if table.name == "tcp6":
        octets = _MAPPED + octets
    words = [int.from_bytes(octets[at : at + 4], sys.byteorder) for at in range(0, len(octets), 4)]
    return f"{''.join(f'{word:08X}' for word in words)}:{address[1]:04X}"
