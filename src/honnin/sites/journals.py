"""The journals of the roles: proving one, and beginning its file of heads anew."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connections

from honnin.clock import Clock
from honnin.errors import Unavailable, Untrusted
from honnin.journal.heads import begin_heads, read_heads
from honnin.journal.journal import Journal
from honnin.journal.proof import Proof, verify
from honnin.journal.snapshot import is_damage
from honnin.sites.databases.schema import require_own
from honnin.sites.roles import played

JOURNALS: dict[str, Journal] = {
    role.name: journal
    for role in sorted(played(), key=lambda role: role.name)
    if (journal := role.journal()) is not None
}
"""Of the roles that this process plays, by name."""
_ENOUGH = 100
"""Lines of a copy after which it is no longer tried whose it is."""


def prove(
    role: str,
    kept: Path | None = None,
    *,
    key: Ed25519PublicKey | None = None,
    report: Callable[[int, int], None] = lambda read, of: None,
) -> Proof:
    """Read the whole journal of a role (`proof.verify`).

    Raises also Unavailable E_DATABASE_MISSING, E_KEY_UNAVAILABLE where neither this journal's key can be read
    nor the published one, Untrusted E_DATABASE_DAMAGED where nothing can be read at all,
    E_DATABASE_OF_ANOTHER_ROLE.
    """
    if connections[role].vendor == "sqlite":
        settings.HOME.require_database(role)
    if key is None and JOURNALS[role].heads.exists():
        JOURNALS[role].public_key()  # raises where it is lost
    try:
        require_own(role)
        return verify(JOURNALS[role], kept, key=key, report=report)
    except DatabaseFault as fault:
        if not is_damage(fault):
            raise
        name = settings.HOME.database(role).name if connections[role].vendor == "sqlite" else role
        raise Untrusted("E_DATABASE_DAMAGED", database=name) from fault


def begin(role: str, clock: Clock, *, actor: str) -> Path | None:
    """Begin the file of heads of a role anew, over the journal as it is (`heads.begin_heads`)."""
    return begin_heads(JOURNALS[role], clock.now(), actor=actor)


def role_of(kept: Path) -> str | None:
    """Whose heads a copy holds, by the key that signed them; None for nobody's. Raises OSError."""
    heads = [head for head in islice(read_heads(kept), _ENOUGH) if head]
    for role, journal in JOURNALS.items():
        try:
            key = journal.public_key()
        except Unavailable:
            continue
        if any(head.is_signed_by(key) for head in heads):
            return role
    return None


def published_keys_used() -> dict[str, Path]:
    """Where a journal's key cannot be read: the files by which its heads are verified instead, by role."""
    return {role: each.published_key for role, each in JOURNALS.items() if _is_lost(each)}


def _is_lost(journal: Journal) -> bool:
    try:
        journal.key  # noqa: B018 - it is read when it is asked for
    except Unavailable:
        return True
    return False
