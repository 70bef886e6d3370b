"""Asking the agency, in a clerk's name."""

from honnin.identifiers import PersonCode
from honnin.municipality.counter.guards.models import Clerk
from honnin.wire.line import Message, R, line_to
from honnin.wire.messages.certificates import AskPersonState, PersonState


def ask_agency(clerk: Clerk, message: Message[R]) -> R:
    """Send a message to the agency in the clerk's name."""
    return line_to("agency", clerk.municipality_id).ask(message, clerk.user_name)


def person_state(clerk: Clerk, person_code: PersonCode) -> PersonState:
    """The person's cards and certificates as the agency has them."""
    return ask_agency(clerk, AskPersonState(person_code))
