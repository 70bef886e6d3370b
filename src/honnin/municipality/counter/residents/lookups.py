"""Looking people up: each search is an entry of the journal."""

from datetime import datetime

from honnin.municipality.counter.guards.acts import record_alone
from honnin.municipality.counter.guards.looks import SEARCH
from honnin.municipality.counter.guards.models import Clerk
from honnin.municipality.records.journal import JOURNAL
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.queries import Question, find_residents
from honnin.wire.line import line_to
from honnin.wire.messages.certificates import AskCardHolder


def search(clerk: Clerk, question: Question, *, at: datetime) -> list[Resident]:
    """Look people up in the register of every municipality here. Raises as the line for a card number."""
    holder = None
    if question.card_number:
        line = line_to("agency", clerk.municipality_id)
        holder = line.ask(AskCardHolder(question.card_number), clerk.user_name).person_code
    found = find_residents(question, own=clerk.municipality_id, card_holder=holder)
    terms = JOURNAL.binder.pseudonym("search", *question.terms)
    shown = " ".join(each.public_id for each in found)
    record_alone(clerk, SEARCH, "register", at, hits=len(found), terms=terms, shown=shown)
    return found
