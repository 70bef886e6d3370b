"""Requests to issue, as they arrive from a municipality: who may ask, for whom, onto which card."""

from datetime import datetime

from django.db import transaction

from honnin import plain_rows
from honnin.agency.card_channel.conversation import locked
from honnin.agency.card_register.queries import card
from honnin.agency.issuance.abandonment import abandon
from honnin.agency.issuance.models import Procedure
from honnin.agency.issuance.procedure import Issuing
from honnin.agency.issuance.renewal import Renewing
from honnin.agency.issuance.services import DATABASE, require_certifiable
from honnin.agency.records.persons import reports_about
from honnin.card.apdu import EXTENDED_LC_MAX, SHORT_LC_MAX
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Malformed, NotAllowed, Refusal, Refused
from honnin.identifiers import MunicipalityCode
from honnin.law.cards.permission import CardStanding, card_refusals
from honnin.law.citation import cites
from honnin.wire import codec
from honnin.wire.line import Sender
from honnin.wire.messages.issuance import (
    AbandonIssuance,
    IssuanceAbandoned,
    IssuanceStep,
    RelayAnswers,
    RequestIssuance,
)


def request_issuance(sender: Sender, message: RequestIssuance, at: datetime) -> IssuanceStep:
    """Open the procedure of an application, or open it again after a cut.

    Raises NotAllowed for anyone but the municipality that the card belongs to, Refused for a card that may
    not carry certificates, Malformed when no purpose or one twice is asked for or no certificate can be made
    of the form, Conflict E_FORM_CHANGED when
    the application says something else than before, E_OVERTAKEN when something was reported about the person
    since it was examined, E_PROCEDURE_ABANDONED when it was rejected.
    """
    municipality_code = sender.as_municipality()
    if not message.purposes or len(set(message.purposes)) != len(message.purposes):
        raise Malformed("E_MESSAGE_MALFORMED", message=type(message).__name__)
    require_own_number(message.form.application_number, municipality_code)
    _require_usable_card(message, municipality_code, at)
    require_certifiable(message.form, message.purposes, municipality_code, at)
    if reports_about(message.form.person_code).notices != message.notices:
        raise Conflict("E_OVERTAKEN")
    with transaction.atomic(using=DATABASE):
        procedure, new = _locked(message, municipality_code, at)
        if procedure.municipality_code != municipality_code:
            raise NotAllowed("E_OFFICE_WRONG")
        before = (bytes(procedure.form), procedure.card_number, procedure.purposes)
        asked = (codec.encode(message.form), message.card_number, " ".join(message.purposes))
        if procedure.renews or before != asked:
            raise Conflict("E_FORM_CHANGED")
        # What had been reported about the person when the application was examined.
        issuing = Issuing(procedure, str(sender), at)
        return issuing.begin(issuing.entry(issuing.begun), new=new, notices=message.notices)


def _locked(
    message: RequestIssuance, municipality_code: MunicipalityCode, at: datetime
) -> tuple[Procedure, bool]:
    """The procedure's row, held until the transaction ends, and whether it was put in now."""
    opened = {
        "municipality_code": municipality_code,
        "person_code": message.form.person_code,
        "card_number": message.card_number,
        "birth_date": message.form.birth_date,
        "form": codec.encode(message.form),
        "purposes": " ".join(message.purposes),
        "began_at": at,
    }
    return locked(Procedure, {"application_number": message.form.application_number}, opened)


def relay_answers(sender: Sender, message: RelayAnswers, at: datetime) -> IssuanceStep:
    """The card's answers to the last commands.

    Raises NotAllowed for another municipality's procedure, else as `Conversation.go_on`.
    """
    municipality_code = sender.as_municipality()
    procedure = plain_rows.row(Procedure, application_number=message.procedure)
    if procedure is None:
        raise Conflict(Issuing.over)
    if procedure.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    kind = Renewing if procedure.renews else Issuing
    longest = min(max(message.longest_data, SHORT_LC_MAX), EXTENDED_LC_MAX)
    return kind(procedure, str(sender), at, message.answers, longest).go_on()


def abandon_issuance(sender: Sender, message: AbandonIssuance, at: datetime) -> IssuanceAbandoned:
    """End an application that is rejected.

    Raises NotAllowed E_OFFICE_WRONG for another municipality's, else as `abandonment.abandon`.
    """
    municipality_code = sender.as_municipality()
    require_own_number(message.application_number, municipality_code)
    revoked = abandon(message, municipality_code, actor=str(sender), at=at)
    return IssuanceAbandoned(revoked)


def require_own_number(application_number: str, municipality_code: MunicipalityCode) -> None:
    """A reception number begins with the code of its municipality. So nobody takes, or ends, another's
    application before its municipality has named it here.
    """
    if not application_number.startswith(f"{municipality_code}-"):
        raise NotAllowed("E_OFFICE_WRONG")


@cites("S4-2.2")
def _require_usable_card(message: RequestIssuance, municipality_code: MunicipalityCode, at: datetime) -> None:
    found = card(message.card_number)
    if found is None:
        raise Refused(Refusal("E_CARD_OTHERS", ("S4-2.2",)))
    own = found.person_code == message.form.person_code
    standing = CardStanding(expiry=found.expiry_date, valid=found.valid, belongs_to_applicant=own)
    if own and found.municipality_code != municipality_code:
        raise NotAllowed("E_OFFICE_WRONG")
    if refusals := card_refusals(standing, day_in_japan(at)):
        raise Refused(*refusals)
