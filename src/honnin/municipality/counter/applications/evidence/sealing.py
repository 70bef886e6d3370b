"""Copies of evidence at rest: AES-256-GCM under a key that is in no database.

A sealed copy is `sealed:VERSION:`, a nonce of 12 octets, and what AES-GCM makes of the copy (16 octets
longer). Bound to it are the copy's own id, its application, whose document it is, which, and its media type:
put in the place of another copy it does not open. Each version is a key in a file of its own in the keys
folder: `evidence-key`, `evidence-key-2` and so on. The newest seals; those before must stay as long as their
copies.
"""

import json
import re
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connections
from django.db.models import BinaryField
from django.db.models.functions import Substr

from honnin.custody.secret_files import make_secret, read_key
from honnin.errors import Unavailable, Untrusted
from honnin.municipality.counter.applications.models import EvidenceCopy

FIRST_KEY = "evidence-key"
KEPT, ALTERED = "honnin evidence copy", "honnin evidence copy, altered before it was sealed"
_NONCE = 12
_LONGEST_PREFIX = len("sealed:9999:")
_ENOUGH = 3
"""Copies of a version of which one at least must open: one that does not may have been altered itself."""
_SEALED = re.compile(rb"sealed:([1-9][0-9]{0,3}):", re.ASCII)


def seal(copy: EvidenceCopy, content: bytes, *, purpose: str = KEPT) -> None:
    """Put the content into the copy, sealed. Raises Unavailable E_KEY_UNAVAILABLE, naming the key's file."""
    version = newest_version()
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(version)).encrypt(nonce, content, bound_to(copy, purpose))
    copy.content = f"sealed:{version}:".encode() + nonce + sealed


def content_of(copy: EvidenceCopy) -> bytes:
    """The copy as it was shown.

    Raises Untrusted E_EVIDENCE_ALTERED for what is not what was sealed for this place, Unavailable
    E_KEY_UNAVAILABLE when the key of its version is gone, naming the file.
    """
    stored = bytes(copy.content)
    prefix = _SEALED.match(stored)
    if prefix is None:
        raise Untrusted("E_EVIDENCE_ALTERED")
    key, body = _key(int(prefix[1])), stored[prefix.end() :]
    try:
        return AESGCM(key).decrypt(body[:_NONCE], body[_NONCE:], bound_to(copy))
    except (InvalidTag, ValueError) as error:
        raise Untrusted("E_EVIDENCE_ALTERED") from error


def bound_to(copy: EvidenceCopy, purpose: str = KEPT) -> bytes:
    """The place that a content belongs to."""
    place = [copy.public_id, copy.application_id, copy.whose, copy.document, copy.media_type]
    return json.dumps([purpose, *place]).encode()


def newest_version() -> int:
    """The version whose key seals now; 1 also when its file is missing, which is then said of it."""
    names = (path.name for path in Path(settings.HONNIN_KEYS).glob(f"{FIRST_KEY}-*"))
    numbers = (re.fullmatch(rf"{FIRST_KEY}-([1-9][0-9]{{0,3}})", name, re.ASCII) for name in names)
    return max((int(number[1]) for number in numbers if number), default=1)


def lost_keys() -> list[str]:
    """Files of keys that are missing or damaged, or open none of the first copies sealed under them."""
    versions: dict[int, list[EvidenceCopy]] = {newest_version(): []}
    beginnings = EvidenceCopy.objects.order_by("pk").annotate(
        beginning=Substr("content", 1, _LONGEST_PREFIX, output_field=BinaryField())
    )
    for pk, beginning in beginnings.values_list("pk", "beginning"):
        prefix = _SEALED.match(bytes(beginning or b""))
        tried = versions.setdefault(int(prefix[1]), []) if prefix else None
        if tried is not None and len(tried) < _ENOUGH:
            tried.append(EvidenceCopy.objects.get(pk=pk))
    return [_name(version) for version, copies in versions.items() if not _opens_any(version, copies)]


def _opens_any(version: int, copies: list[EvidenceCopy]) -> bool:
    try:
        _key(version)
    except Unavailable:
        return False
    return not copies or any(_opens(copy) for copy in copies)


def _opens(copy: EvidenceCopy) -> bool:
    try:
        content_of(copy)
    except Untrusted:
        return False
    return True


def _name(version: int) -> str:
    return FIRST_KEY if version == 1 else f"{FIRST_KEY}-{version}"


def _key(version: int) -> bytes:
    return read_key(Path(settings.HONNIN_KEYS) / _name(version))


def open_key() -> None:
    """Make the first key while nothing is sealed. Raises Unavailable E_KEY_UNAVAILABLE for a lost one."""
    path = Path(settings.HONNIN_KEYS) / FIRST_KEY
    if not path.exists() and not _anything_sealed():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):  # another process was first: its key counts
            make_secret(path)
    read_key(path)


def _anything_sealed() -> bool:
    """Whether there is a copy in tables that have been brought to sealed copies."""
    table = EvidenceCopy._meta.db_table
    connection = connections["municipality"]
    if table not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
    return "public_id" in columns and EvidenceCopy.objects.exists()
