"""The ASGI application of the screens and registers: Django behind the front that takes requests in."""

import os
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

from honnin.errors import HonninError
from honnin.sites.front.application import Front
from honnin.sites.front.gateway import Environ, Reply, encoded
from honnin.sites.initialisation import initialise
from honnin.sites.processes.children import end_with_server
from honnin.sites.processes.heartbeat import Beating
from honnin.sites.roles import require_screens

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "honnin.sites.settings")

THREADS = 8

end_with_server()  # before anything that takes time
require_screens()
initialise()
_django = get_wsgi_application()

from honnin.console.error_pages import bare_error_page  # noqa: E402
from honnin.console.middleware import POLICY  # noqa: E402
from honnin.console.signing_in.admission import has_signed_in, may_upload  # noqa: E402 - the rooms are there now

# A refusal does not come through Django, which would give its pages these.
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": settings.X_FRAME_OPTIONS,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
}


class _Admission:
    """What the front asks, answered by the console."""

    def may_upload(self, environ: Environ) -> bool:
        return may_upload(environ)

    def has_signed_in(self, environ: Environ) -> bool:
        return has_signed_in(environ)

    def refusal(self, environ: Environ, error: HonninError, status: int) -> Reply:
        page = bare_error_page(WSGIRequest(environ), error, status=status, leads_back=False)
        return Reply(status, encoded([*page.items(), *_HEADERS.items()]), page.content)


_front = Front(
    _django,
    _Admission(),
    ThreadPoolExecutor(THREADS, "screens"),
    longest_upload=settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
)
application = Beating(_front, _front.is_progressing)
