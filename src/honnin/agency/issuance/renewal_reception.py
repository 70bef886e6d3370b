"""Requests to renew, as they arrive from a municipality: who may ask, for whom, onto which card."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from honnin.agency.card_channel.conversation import locked
from honnin.agency.card_register.models import Card
from honnin.agency.card_register.queries import card
from honnin.agency.issuance.models import Procedure
from honnin.agency.issuance.reception import require_own_number
from honnin.agency.issuance.renewal import Renewing
from honnin.agency.issuance.services import DATABASE, require_certifiable
from honnin.agency.records.persons import reports_about
from honnin.errors import Conflict, Malformed, NotAllowed, Refusal, Refused
from honnin.identifiers import MunicipalityCode
from honnin.wire import codec
from honnin.wire.line import Sender
from honnin.wire.messages.issuance import IssuanceStep
from honnin.wire.messages.renewal import RequestRenewal


def request_renewal(sender: Sender, message: RequestRenewal, at: datetime) -> IssuanceStep:
    """Open the renewal of an application, or open it again after a cut.

    Before the recording it is what the message says now; afterwards it is what was recorded. Raises
    NotAllowed for anyone but the municipality that the card belongs to, Refused for what stands against it
    (as `Renewing.require`), Malformed when no purpose or one twice is asked for or no certificate can be made
    of the form, Conflict E_OVERTAKEN when something was reported about the person since it was examined,
    E_FORM_CHANGED when the application was another person's, another card's or no renewal,
    E_PROCEDURE_ABANDONED when it was rejected.
    """
    municipality_code = sender.as_municipality()
    if not message.purposes or len(set(message.purposes)) != len(message.purposes):
        raise Malformed("E_MESSAGE_MALFORMED", message=type(message).__name__)
    require_own_number(message.form.application_number, municipality_code)
    own_card = _own_card(message, municipality_code)
    reports = reports_about(message.form.person_code)
    if reports.notices != message.notices:
        raise Conflict("E_OVERTAKEN")
    with transaction.atomic(using=DATABASE):
        asked = _asked(message)
        procedure, new = _locked(message.form.application_number, asked, own_card, at)
        renewing = Renewing(procedure, str(sender), at)
        renewing.know(own_card)
        renewing.require_open(procedure)
        _require_same(procedure, own_card)
        if procedure.recorded:
            asked = {}
        for name, value in asked.items():
            setattr(procedure, name, value)
        renewing.require(reports)
        if not procedure.recorded:
            require_certifiable(message.form, message.purposes, municipality_code, at)
        return renewing.begin(renewing.entry(renewing.begun), new=new, notices=message.notices, **asked)


def _own_card(message: RequestRenewal, municipality_code: MunicipalityCode) -> Card:
    found = card(message.card_number)
    if found is None or found.person_code != message.form.person_code:
        raise Refused(Refusal("E_CARD_OTHERS", ("S4-2.2",)))
    if found.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    return found


def _locked(number: str, asked: Mapping[str, object], own_card: Card, at: datetime) -> tuple[Procedure, bool]:
    """The procedure's row, held until the transaction ends, and whether it was put in now."""
    opened = {
        **asked,
        "municipality_code": own_card.municipality_code,
        "person_code": own_card.person_code,
        "card_number": own_card.card_number,
        "renews": True,
        "began_at": at,
    }
    return locked(Procedure, {"application_number": number}, opened)


def _require_same(procedure: Procedure, own_card: Card) -> None:
    before = (procedure.person_code, procedure.card_number)
    if not procedure.renews or before != (own_card.person_code, own_card.card_number):
        raise Conflict("E_FORM_CHANGED")


def _asked(message: RequestRenewal) -> dict[str, object]:
    """What may be asked for otherwise until it was recorded."""
    return {
        "birth_date": message.form.birth_date,
        "form": codec.encode(message.form),
        "purposes": " ".join(message.purposes),
        "resident_abroad": message.resident_abroad,
    }
