"""The status service: reads the records and the lists, and answers with the responders' keys.

It has no framework (`sites.responder`), no table of its own, and no page but its own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from honnin.sites.declaration.role import Role
from honnin.translation import message

if TYPE_CHECKING:
    from django.http import HttpRequest

    from honnin.sites.declaration.room import Room


class Status(Role):
    name = "status"
    title = message("status service")
    place = 3

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        from django.conf import settings
        from django.utils.translation import gettext as _

        from honnin.sites.addresses import present_addresses
        from honnin.sites.declaration.room import Room, listens, root_of

        address = present_addresses(settings.HOME).ocsp_uri
        yield Room(
            "status",
            _("Status service"),
            _("Tells by OCSP and by revocation lists whether a certificate is good."),
            root_of(address),
            _("See lists and certificates"),
            is_up=listens(address),
        )


ROLE = Status()
