"""キオスク端末: the unattended terminal of a store, where a reserved PIN is set again.

It has pages and no memory: no database of its own, no journal, no account. On its line to the agency it may
do nothing else (`wire.line.Sender.require_kiosk`).
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from honnin.errors import Malformed
from honnin.law.cards.kiosk import StoreChain
from honnin.sites.declaration.role import Role
from honnin.sites.home import Home
from honnin.translation import listed, message

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern, URLResolver

    from honnin.console.published.document import Procedure
    from honnin.sites.declaration.room import Room

_CHAIN: Final = "HONNIN_KIOSK_CHAIN"


class Kiosk(Role):
    name = "kiosk"
    title = message("kiosk")
    place = 4
    screens = message("kiosk")
    speaks_to = ("agency",)
    apps = ("honnin.kiosk",)
    has_memory = False

    def settings(self, home: Home) -> Mapping[str, object]:
        """Raises Malformed E_KIOSK_CHAIN."""
        return {
            "HONNIN_KIOSK_CHAIN": _chain(),
            "HONNIN_KIOSK_PCSC": os.environ.get("HONNIN_KIOSK_PCSC") == "1",
            "HONNIN_KIOSK_TERMINAL": os.environ.get("HONNIN_KIOSK_TERMINAL", "terminal 1"),
        }

    def urls(self) -> "Sequence[URLPattern | URLResolver]":
        from django.urls import include, path

        return [path("kiosk/", include("honnin.kiosk.urls"))]

    def offers(self) -> "Mapping[Procedure, str]":
        from honnin.console.published.document import Procedure

        return {Procedure.KIOSK_RESET: "kiosk:welcome"}

    def rooms(self, request: "HttpRequest") -> "Iterator[Room]":
        from django.urls import reverse
        from django.utils.translation import gettext as _

        from honnin.sites.declaration.room import Room

        yield Room(
            "kiosk",
            _("Kiosk"),
            _("At a store, holders have a PIN that they reserved set again, without a clerk."),
            request.build_absolute_uri(reverse("kiosk:welcome")),
            _("Stand at the kiosk"),
        )


ROLE = Kiosk()


def _chain() -> StoreChain:
    text = os.environ.get(_CHAIN, StoreChain.SEVEN_ELEVEN)
    try:
        return StoreChain(text)
    except ValueError as error:
        raise Malformed("E_KIOSK_CHAIN", text=text, known=listed(sorted(StoreChain))) from error
