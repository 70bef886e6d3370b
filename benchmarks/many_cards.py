"""How much memory many open cards take: `python -m benchmarks.many_cards FOLDER` prints KiB.

A smaller number of complete cards is measured, each with bytes of its own, each used once for a login and a
signature, and left open. What one took is multiplied; the process itself is counted once.
"""

import gc
import os
import sys
from pathlib import Path

CARDS = 10_000
MEASURED = 500
WARMING = 20  # cards that bring up caches, which are no part of a card


def main(folder: Path) -> None:
    import django

    django.setup()
    from cryptography.hazmat.primitives.asymmetric import rsa

    from benchmarks.cards import PINS, Workshop, encoded
    from honnin.card.client.session import CardSession
    from honnin.card.transport.farm import Farm

    workshop, key = Workshop(folder), encoded(rsa.generate_private_key(65537, 2048))
    farm = Farm(WARMING + MEASURED, lambda number: workshop.complete(number, key))
    before = 0.0
    for number in range(len(farm)):
        if number == WARMING:
            before = resident()
        with farm.inserted(number) as transport:
            session = CardSession(transport)
            session.select_jpki()
            for slot, pin in PINS.items():
                session.verify_pin(slot, pin)
                session.sign_sha256(slot, bytes(32))
    print(before + (resident() - before) / MEASURED * (CARDS - WARMING))


def resident() -> float:
    """The memory that this process holds now, in KiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
