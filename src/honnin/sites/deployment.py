"""Which deployment this installation is: a test one, unless it was configured otherwise on purpose."""

import os
import re
from dataclasses import replace
from urllib.parse import urlsplit

from honnin.agency.token_address import TokenAddress, token_address
from honnin.errors import Malformed
from honnin.profile.names import Deployment

OCSP_PORT = 8602
_MASTER_KEY_URI = "HONNIN_CARD_MASTER_KEY_URI"


def deployment() -> Deployment:
    """The names and addresses that certificates carry. Raises Malformed E_OCSP_URI."""
    ocsp_uri = os.environ.get("HONNIN_OCSP_URI", f"http://127.0.0.1:{OCSP_PORT}/ocsp")
    if not _is_http_uri(ocsp_uri):
        raise Malformed("E_OCSP_URI", uri=ocsp_uri)
    return replace(Deployment(), ocsp_uri=ocsp_uri)


def card_master_key_token() -> TokenAddress | None:
    """The token that holds the cards' master keys; None where files do. Raises Malformed E_KEY_TOKEN_URI."""
    uri = os.environ.get(_MASTER_KEY_URI)
    return token_address(uri, variable=_MASTER_KEY_URI) if uri else None


def _is_http_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        return False
    return named and parts.scheme in ("http", "https") and re.fullmatch("[!-~]+", text) is not None
