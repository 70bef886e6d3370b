"""Searches for people: sent by POST, kept with the session, shown under a random handle.

So that no name and no birth date stands in an address, a history, a Referer or a log, and yet reload, "back",
paging and the language switch work as on any page. What was searched for is sealed (AES-256-GCM, under a key
derived from the session secret, which is in no database); a session keeps its newest twenty searches.
"""

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest

from honnin.console.opaque import new_opaque_id

MOST_KEPT = 20
LONGEST_FIELD = 300
"""Characters of a field that are kept: more than any form takes, so that what is too long stays so."""
_NONCE = 12


def keep(request: HttpRequest, kind: str, sent: Mapping[str, str], fields: tuple[str, ...]) -> str:
    """Keep what was sent in these fields, and return the handle under which it is shown."""
    terms = {field: sent.get(field, "")[:LONGEST_FIELD] for field in fields}
    handle = new_opaque_id()
    kept = dict(list(request.session.get(_place(kind), {}).items())[1 - MOST_KEPT :])
    request.session[_place(kind)] = kept | {handle: _sealed(terms, kind, handle)}
    return handle


def kept(request: HttpRequest, kind: str, handle: str) -> dict[str, str] | None:
    """What was searched for under a handle; None when this session keeps no such search (any more)."""
    sealed = request.session.get(_place(kind), {}).get(handle)
    return None if sealed is None else _opened(sealed, kind, handle)


def _place(kind: str) -> str:
    return f"searches-{kind}"


def _sealed(terms: dict[str, str], kind: str, handle: str) -> str:
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key()).encrypt(nonce, json.dumps(terms).encode(), f"{kind} {handle}".encode())
    return base64.b64encode(nonce + sealed).decode("ascii")


def _opened(sealed: str, kind: str, handle: str) -> dict[str, str] | None:
    try:
        content = base64.b64decode(sealed)
        plain = AESGCM(_key()).decrypt(content[:_NONCE], content[_NONCE:], f"{kind} {handle}".encode())
    except (ValueError, InvalidTag):
        return None
    terms: dict[str, str] = json.loads(plain)
    return terms


def _key() -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"honnin searches").derive(settings.SECRET_KEY.encode())
