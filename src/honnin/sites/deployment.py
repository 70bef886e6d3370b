"""Which deployment this installation is: a test one, unless it was configured otherwise on purpose."""

import os
from dataclasses import replace

from honnin.profile.names import Deployment

OCSP_PORT = 8602


def deployment() -> Deployment:
    """The names and addresses that certificates carry."""
    ocsp_uri = os.environ.get("HONNIN_OCSP_URI", f"http://127.0.0.1:{OCSP_PORT}/ocsp")
    return replace(Deployment(), ocsp_uri=ocsp_uri)
