"""Lines between two machines: HTTPS with a certificate at each end, and one path to which requests go."""

from typing import Final

PATH: Final = "/messages"
CONTENT_TYPE: Final = "application/json"
