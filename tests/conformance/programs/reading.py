"""Run as a program: puts the card of a file into a virtual reader until its standard input closes."""

import sys
import threading
from pathlib import Path

from honnin.card.transport.card_file import CardFile
from honnin.card.transport.vpcd import serve


def main(path: str, port: str) -> None:
    stop = threading.Event()
    with CardFile.open(Path(path)) as file:
        reader = threading.Thread(target=serve, args=(file.card, "127.0.0.1", int(port), stop))
        reader.start()
        sys.stdin.read()
        stop.set()
        reader.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
