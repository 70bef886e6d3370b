"""What people in stories bring to the counter, and what they choose there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from honnin.law.cards.pins import PinKind
from honnin.law.counter.identity import IdentityDocument
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.evidence.copies import ShownDocument
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.pin import Pin

BOTH: Final = frozenset(Purpose)
SIGNATURE: Final = frozenset({Purpose.SIGNATURE})
AUTHENTICATION: Final = frozenset({Purpose.USER_AUTHENTICATION})
PINS: Final = {Purpose.SIGNATURE: Pin("ABC123"), Purpose.USER_AUTHENTICATION: Pin("1234")}
# What a card opens with: the PINs that were chosen, and the one with which it was produced.
KNOWN_PINS: Final = {
    PinKind.SIGNATURE: PINS[Purpose.SIGNATURE],
    PinKind.USER_AUTHENTICATION: PINS[Purpose.USER_AUTHENTICATION],
    PinKind.RESIDENT_REGISTER: Pin("1234"),
}
NEW_PINS: Final = {PinKind.SIGNATURE: Pin("NEU456"), PinKind.USER_AUTHENTICATION: Pin("7531")}
# A picture of one grey dot: what is kept is the copy, and this one shows nobody.
COPY: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
LICENCE: Final = ShownDocument(EvidenceCopy.Whose.APPLICANT, IdentityDocument.DRIVING_LICENCE, COPY)
# What a proxy brings to a renewal beside the card.
BY_PROXY: Final[Mapping[str, Any]] = {
    "details": {"envelope": "sealed"},
    "proxy_kind": "mandated",
    "proxy_name": "代理　一郎",
    "shown": (LICENCE, replace(LICENCE, whose=EvidenceCopy.Whose.PROXY)),
}
