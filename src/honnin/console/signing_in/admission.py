"""Who may send a large body to the screens: somebody who has signed in, to a page that takes copies.

Asked before any of the body is read. What the person may do with the page is for the page to decide.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.urls import Resolver404, resolve

from honnin.console.signing_in.sessions import name_backend, why_ended
from honnin.errors import Unavailable
from honnin.faults import named

Page = TypeVar("Page", bound=Callable[..., Any])


def takes_copies(page: Page) -> Page:
    """Decorator: a form of this page may bring files, as many octets as FILE_UPLOAD_MAX_MEMORY_SIZE says."""
    page.takes_copies = True  # type: ignore[attr-defined]
    return page


def may_upload(environ: dict[str, Any]) -> bool:
    """Whether this request may bring copies. Raises Unavailable when the accounts cannot be asked."""
    return _takes_copies(WSGIRequest(environ).path_info) and has_signed_in(environ)


def has_signed_in(environ: dict[str, Any]) -> bool:
    """Whether this request belongs to a session that lasts. Raises Unavailable without the accounts."""
    request = WSGIRequest(environ)
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if key is None:
        return False
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    close_old_connections()
    try:
        name_backend(request.session)
        request.user = get_user(request)
        return request.user.is_authenticated and not why_ended(request)
    except DatabaseError as error:
        raise named(error) or Unavailable("E_RECORDS_UNAVAILABLE") from error
    finally:
        close_old_connections()


def _takes_copies(path: str) -> bool:
    try:
        return getattr(resolve(path).func, "takes_copies", False)
    except Resolver404:
        return False
