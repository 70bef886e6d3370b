"""What can be done in this installation: the procedures whose pages are registered."""

from collections.abc import Mapping
from types import MappingProxyType

from django.urls import URLPattern, get_resolver

from honnin.console.published.document import Procedure

PAGE_OF: Mapping[Procedure, str] = MappingProxyType(
    {
        Procedure.ISSUE: "counter:issue",
        Procedure.PIN_RESET: "counter:set_pins",
        Procedure.NOTICE_OF_LOSS: "hotline:confirm",
        Procedure.REPORT_OF_LOSS: "counter:report_loss",
        Procedure.RELEASE: "counter:release",
        Procedure.REVOCATION: "counter:confirm_revocation",
        Procedure.CHANGE_OF_ADDRESS: "counter:change_address",
        Procedure.CARD_UPDATE: "counter:card_work",
    }
)
"""Where each is done. Whoever builds another procedure enters its page, and the texts mark it no more."""


def offered() -> frozenset[Procedure]:
    """Every procedure that has its page."""
    rooms = get_resolver().namespace_dict
    registered = {
        f"{room}:{pattern.name}"
        for room, (_prefix, below) in rooms.items()
        for pattern in below.url_patterns
        if isinstance(pattern, URLPattern)
    }
    return frozenset(procedure for procedure, page in PAGE_OF.items() if page in registered)
