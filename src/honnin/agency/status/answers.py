"""Answers that were signed and may be given again: so many octets of them, the oldest leaving first.

Knows nothing of what an answer says. Whether one is still true is for the responder to say.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from honnin.agency.status.index import StatusEntry
from honnin.pkix.ocsp import CertID

_BESIDE_AN_ANSWER = 800  # octets: what names it, and what Python adds (measured)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer (DER), what the records were when it was signed, and when that was."""

    entry: StatusEntry | None
    body: bytes
    signed_at: datetime

    @property
    def octets(self) -> int:
        """What it takes in memory."""
        return len(self.body) + _BESIDE_AN_ANSWER


class Answers:
    """Kept answers by what they are about; thread-safe."""

    def __init__(self, most: int) -> None:
        """`most`: octets of all together."""
        self._most = most
        self._kept: OrderedDict[CertID, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self.octets = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, cert_id: CertID) -> Kept | None:
        """The answer that was kept last, if it is still there."""
        return self._kept.get(cert_id)

    def keep(self, cert_id: CertID, kept: Kept) -> None:
        """In place of the one before; the oldest make room."""
        with self._lock:
            self._forget(self._kept.pop(cert_id, None))
            self._kept[cert_id] = kept
            self.octets += kept.octets
            while self.octets > self._most:
                self._forget(self._kept.popitem(last=False)[1])

    def _forget(self, kept: Kept | None) -> None:
        self.octets -= kept.octets if kept else 0
