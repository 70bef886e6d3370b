"""Which deployment this installation is: a test one, unless it was configured otherwise on purpose."""

import os
import re
from dataclasses import replace
from urllib.parse import urlsplit

from honnin.errors import Malformed
from honnin.profile.names import Deployment

OCSP_PORT = 8602


def deployment() -> Deployment:
    """The names and addresses that certificates carry. Raises Malformed E_OCSP_URI."""
    ocsp_uri = os.environ.get("HONNIN_OCSP_URI", f"http://127.0.0.1:{OCSP_PORT}/ocsp")
    if not _is_http_uri(ocsp_uri):
        raise Malformed("E_OCSP_URI", uri=ocsp_uri)
    return replace(Deployment(), ocsp_uri=ocsp_uri)


def _is_http_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        return False
    return named and parts.scheme in ("http", "https") and re.fullmatch("[!-~]+", text) is not None
