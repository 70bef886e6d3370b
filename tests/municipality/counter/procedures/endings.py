"""What ends cards and certificates: a day past their expiry, and a notice of a move."""

from datetime import UTC, datetime

AFTER_EXPIRY = datetime(2032, 6, 1, 1, tzinfo=UTC)  # past the certificates, not past the card
MOVE = {"destination": "みほん県ためし市例示町１", "moved_on": "2026-06-02"}
