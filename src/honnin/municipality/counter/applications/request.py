"""What is applied for, as the clerk entered it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from honnin.law.cards.pins import PinKind
from honnin.law.terms import Purpose
from honnin.law.terms_of_use import VERSION
from honnin.municipality.counter.applications.evidence.copies import ShownDocument


@dataclass(frozen=True)
class ApplicationRequest:
    """What the applicant asks for and brought, as the clerk entered it: certificates, or PINs, or what the
    named procedure receives, which may have `details` of its own (`declaration.Kind.details`).
    """

    procedure: str = ""
    purposes: frozenset[Purpose] = frozenset()
    pins: frozenset[PinKind] = frozenset()
    shown: tuple[ShownDocument, ...] = ()
    terms_accepted: bool = False
    recorded_name: str = ""
    recorded_address: str = ""
    substitutes_accepted: bool = False
    ward_override: bool = False
    proxy_kind: str = ""
    proxy_name: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.purposes and self.pins and not self.procedure:
            raise ValueError("which procedure receives certificates and PINs in one application?")

    def columns(self) -> dict[str, object]:
        """What an application says for it, by column; of the terms, whether they were accepted."""
        return {
            "signature": Purpose.SIGNATURE in self.purposes,
            "user_authentication": Purpose.USER_AUTHENTICATION in self.purposes,
            "pins": sorted(self.pins),
            "details": dict(self.details),
            "terms_accepted": self.terms_accepted,
            "recorded_name": self.recorded_name,
            "recorded_address": self.recorded_address,
            "substitutes_accepted": self.substitutes_accepted,
            "ward_override": self.ward_override,
            "proxy_kind": self.proxy_kind,
            "proxy_name": self.proxy_name,
        }


def agreed_version(asked: ApplicationRequest) -> str:
    """The version of the terms of use that is agreed to with a request of today; empty where none is."""
    return VERSION if asked.terms_accepted else ""
