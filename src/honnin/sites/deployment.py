"""Which deployment this installation is: a test one, unless it was configured otherwise on purpose."""

import os
import re
from dataclasses import replace
from pathlib import Path
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


def card_master_key_token(lock_folder: Path | None = None) -> TokenAddress | None:
    """The token that holds the cards' master keys; None where files do. Raises Malformed E_KEY_TOKEN_URI.

    Processes wait for each other at `lock_folder`, which is this installation's alone.
    """
    uri = os.environ.get(_MASTER_KEY_URI)
    return replace(token_address(uri, variable=_MASTER_KEY_URI), lock_folder=lock_folder) if uri else None


def _is_http_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        return False
    return named and parts.scheme in ("http", "https") and re.fullmatch("[!-~]+", text) is not None
