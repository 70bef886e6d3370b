"""Forms sent after their session had ended: the input waits, sealed, until the same account signs in again.

The answer is the page of signing in, which carries what was typed, sealed (AES-256-GCM, under a key derived
from the session secret): whoever else sits down there can neither read nor alter it. When the same account
has signed in, within an hour, its session keeps it as it is sealed, and the form's page is shown with it.
Nothing is done by itself: it is checked and sent again. PINs, passwords and files are never carried, and the
page says so.

Each form says for whom it was drawn, by a keyed digest of the account. So it is known whose it was when no
session is left to tell, and nobody sends what another person has typed.
"""

import base64
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.request import UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils.crypto import salted_hmac
from django.utils.datastructures import MultiValueDict

from honnin.clock import is_recent
from honnin.console.error_pages import own_field
from honnin.console.instants import instant
from honnin.console.opaque import new_opaque_id
from honnin.console.secret_fields import secret_field

FIELD, DRAWN_FOR, HANDLE = "unsent", "drawn_for", "typed"
"""The field of the sign-in page, the field of every form, the parameter of the page that is shown again."""
GOOD_FOR = timedelta(hours=1)
LONGEST = 24 * 1024
"""Octets of what is carried: sealed, it fits into the form of signing in, of which 64 KiB are read."""
MOST_KEPT = 5
_NONCE, _SALT, _KEPT = 12, "honnin unsent forms", "unsent"


@dataclass(frozen=True)
class Unsent:
    """What was typed: the address it was sent to, for whom the form was drawn, `why` that session had ended
    (`sessions.why_ended`, "" where nothing is left of it), and what of it is not carried.
    """

    path: str
    whose: str
    why: str
    at: float
    fields: list[tuple[str, str]]
    has_secrets: bool
    has_files: bool
    is_too_long: bool = False


def mark(user: Any) -> str:
    """A mark of the account for which a page is drawn, "" without one; it does not reveal the account."""
    if not user.is_authenticated:
        return ""
    return salted_hmac(_SALT, f"{user.pk} {user.get_username()}", algorithm="sha256").hexdigest()[:32]


def whose_session(request: HttpRequest) -> str:
    """The mark of the account that a session was of, also where it is locked or has another password now."""
    with suppress(KeyError, ValueError):
        user = User.objects.filter(pk=request.session[SESSION_KEY]).first()
        return mark(user) if user else ""
    return ""


def sealed(request: HttpRequest, why: str, whose: str) -> str:
    """What was sent, as the page of signing in carries it; "" where nothing was, or it is not known whose."""
    with suppress(SuspiciousOperation, UnreadablePostError, Resolver404):
        resolve(request.path)
        whose = request.POST.get(DRAWN_FOR, whose)
        sent = {name for name in (*request.POST, *request.FILES) if name != "csrfmiddlewaretoken"}
        if sent and whose:
            return _sealed(_unsent(request, why, whose))
    return ""


def _unsent(request: HttpRequest, why: str, whose: str) -> Unsent:
    typed = [(name, str(each)) for name, values in request.POST.lists() for each in values]
    return Unsent(
        request.path,
        whose,
        why,
        instant(request).timestamp(),
        [(name, value) for name, value in typed if not own_field(name) and not secret_field(name)],
        has_secrets=any(value for name, value in typed if secret_field(name)),
        has_files=bool(request.FILES),
    )


def _sealed(unsent: Unsent) -> str:
    content = json.dumps(asdict(unsent), ensure_ascii=False).encode("utf-8", "replace")
    if len(content) > LONGEST:
        content = json.dumps(asdict(unsent) | {"fields": [], "is_too_long": True}).encode()
    nonce = secrets.token_bytes(_NONCE)
    return base64.urlsafe_b64encode(nonce + AESGCM(_key()).encrypt(nonce, content, None)).decode("ascii")


def opened(request: HttpRequest, carried: str) -> Unsent | None:
    """What a page of signing in carries; None for what nobody sealed here, or too long ago."""
    try:
        content = base64.urlsafe_b64decode(carried)
        plain = AESGCM(_key()).decrypt(content[:_NONCE], content[_NONCE:], None)
    except (ValueError, InvalidTag):
        return None
    values = json.loads(plain)
    unsent = Unsent(**values | {"fields": [(name, value) for name, value in values["fields"]]})
    sent_at = datetime.fromtimestamp(unsent.at, UTC)
    return unsent if is_recent(sent_at, instant(request), GOOD_FOR) else None


def keep(request: HttpRequest, unsent: Unsent) -> str:
    """Let the session that has just begun keep what was typed; the address under which it is shown."""
    handle = new_opaque_id()
    before = dict(list(request.session.get(_KEPT, {}).items())[1 - MOST_KEPT :])
    request.session[_KEPT] = before | {handle: _sealed(unsent)}
    return f"{unsent.path}?{HANDLE}={handle}"


def resumed(request: HttpRequest) -> str:
    """Where somebody who has signed in goes on who sends the page of signing in with what they had typed; ""
    where it carries nothing of theirs.
    """
    found = opened(request, request.POST.get(FIELD, ""))
    return keep(request, found) if found is not None and found.whose == mark(request.user) else ""


def kept(request: HttpRequest) -> Unsent | None:
    """What this request asks to see again; None where this session keeps nothing of it (any more)."""
    carried = request.session.get(_KEPT, {}).get(request.GET.get(HANDLE, ""), "")
    unsent = opened(request, carried)
    is_theirs = unsent is not None and (unsent.path, unsent.whose) == (request.path, mark(request.user))
    return unsent if is_theirs else None


def forget(request: HttpRequest) -> None:
    """Forget the input for this address: it is sent now."""
    before = request.session.get(_KEPT)
    if before:
        opened_before = {handle: opened(request, each) for handle, each in before.items()}
        left = {
            handle: before[handle]
            for handle, each in opened_before.items()
            if each is not None and each.path != request.path
        }
        request.session[_KEPT] = left


def fill(request: HttpRequest, unsent: Unsent) -> Callable[[], None]:
    """Let the request bring what was typed, only to be shown; returns what takes that back."""
    typed = QueryDict(mutable=True)
    for name, value in unsent.fields:
        typed.appendlist(name, value)
    request.POST = typed  # type: ignore[assignment] # the stubs know the framework's own alone
    request._files = MultiValueDict()  # type: ignore[attr-defined] # else the framework reads the body again
    request.__dict__ |= {"comes_again": True, "unsent": unsent}

    def take_back() -> None:
        request.POST = QueryDict()
        del request.__dict__["comes_again"]

    return take_back


def _key() -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=_SALT.encode()).derive(settings.SECRET_KEY.encode())
