"""Which deployment this installation is: a test one, unless it was configured otherwise on purpose."""

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from honnin.agency.keys.token_address import TokenAddress, token_address
from honnin.profile.names import Deployment
from honnin.sites.addresses import present_addresses
from honnin.sites.home import Home

_MASTER_KEY_URI = "HONNIN_CARD_MASTER_KEY_URI"


def deployment(home: Home) -> Deployment:
    """The names and addresses that certificates of an installation carry, as they are now.

    Raises as `present_addresses`.
    """
    return _at(present_addresses(home).ocsp_uri)


@lru_cache(maxsize=8)
def _at(ocsp_uri: str) -> Deployment:
    return Deployment().with_ocsp_uri(ocsp_uri)


def card_master_key_token(lock_folder: Path | None = None) -> TokenAddress | None:
    """The token that holds the cards' master keys; None where files do. Raises Malformed E_KEY_TOKEN_URI.

    Processes wait for each other at `lock_folder`, which is this installation's alone.
    """
    uri = os.environ.get(_MASTER_KEY_URI)
    return replace(token_address(uri, variable=_MASTER_KEY_URI), lock_folder=lock_folder) if uri else None
