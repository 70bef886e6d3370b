"""Uploaded files of a form that is shown again: kept for this session alone, sealed, for an hour.

So a field with a fault, or another language, costs nobody a scan: the page carries a random handle in its
place. A file is sealed (AES-256-GCM) under a key derived from the session's key and the session secret, which
is in no database, and bound to its handle and to what it was sent for. A session keeps its newest ten; when
the form was accepted, or somebody signs out, they go.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from honnin.clock import is_recent
from honnin.console.models import KeptFile
from honnin.console.opaque import new_opaque_id

KEPT_FOR = timedelta(hours=1)
MOST_KEPT = 10
LONGEST_NAME = 200
_NONCE = 12


@dataclass(frozen=True)
class File:
    """A file as it was sent; `name` is what its sender called it."""

    handle: str
    name: str
    content: bytes


def keep(request: HttpRequest, place: str, name: str, content: bytes, *, at: datetime) -> File:
    """Keep a file of this session, for the form that `place` names."""
    file = File(new_opaque_id(), name[-LONGEST_NAME:], content)
    called, nonce = file.name.encode("utf-8", "replace"), secrets.token_bytes(_NONCE)
    plain = len(called).to_bytes(2, "big") + called + content
    sealed = nonce + AESGCM(_key(request)).encrypt(nonce, plain, _bound_to(place, file.handle))
    session = _session(request)
    KeptFile.objects.create(handle=file.handle, session=session, kept_at=at, content=sealed)
    newest = KeptFile.objects.filter(session=session).order_by("-kept_at", "-handle")
    KeptFile.objects.filter(pk__in=list(newest.values_list("pk", flat=True)[MOST_KEPT:])).delete()
    return file


def kept(request: HttpRequest, place: str, handle: str, *, at: datetime) -> File | None:
    """A file of this session; None where none is kept (any more) under this handle for this place."""
    row = KeptFile.objects.filter(handle=handle, session=_session(request)).first()
    if row is None or not is_recent(row.kept_at, at, KEPT_FOR):
        return None
    sealed = bytes(row.content)
    try:
        bound = _bound_to(place, handle)
        plain = AESGCM(_key(request)).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (ValueError, InvalidTag):
        return None
    end = 2 + int.from_bytes(plain[:2], "big")
    return File(handle, plain[2:end].decode(), plain[end:])


def forget(request: HttpRequest, handles: Iterable[str]) -> None:
    """Delete the files under these handles."""
    KeptFile.objects.filter(handle__in=list(handles), session=_session(request)).delete()


def forget_all(*, request: HttpRequest, **_signal: Any) -> None:
    """For the framework's signal that somebody signs out."""
    KeptFile.objects.filter(session=_session(request)).delete()


def over(at: datetime) -> QuerySet[KeptFile]:
    """What is kept longer than it may be, or since a time that has not come: the clock was set back."""
    return KeptFile.objects.filter(Q(kept_at__lte=at - KEPT_FOR) | Q(kept_at__gt=at))


def _session(request: HttpRequest) -> str:
    return salted_hmac("honnin kept files", request.session.session_key or "", algorithm="sha256").hexdigest()


def _key(request: HttpRequest) -> bytes:
    salt = (request.session.session_key or "").encode()
    return HKDF(SHA256(), 32, salt=salt, info=b"honnin kept files").derive(settings.SECRET_KEY.encode())


def _bound_to(place: str, handle: str) -> bytes:
    return f"{handle} {place}".encode()
