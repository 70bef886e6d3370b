"""What an installation does by itself: lists, responders, reports, errands nobody went on with, heads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from honnin.agency.authority.queries import keys_in_service
from honnin.agency.authority.services import renew_responder
from honnin.agency.cards.errand import give_up_abandoned
from honnin.agency.status.services import publication_is_due, publish, sign_journal
from honnin.clock import Clock
from honnin.municipality.records import services as municipality_records
from honnin.municipality.residents.services import deliver_reports

BETWEEN_HEADS = timedelta(minutes=1)
"""How long an act may stand in the journal before a signed head proves it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one round: whether a responder has a new certificate, and what could not be done."""

    responder_renewed: bool
    failures: tuple[Exception, ...]


def do_chores(clock: Clock) -> Outcome:
    """Do what is due now. A chore that fails holds up no other, and the next round tries it again.

    Lists come first: relying parties wait for them.
    """
    failures: list[Exception] = []
    renewed = False
    with _noting(failures):
        if publication_is_due(clock):
            publish(clock)
    with _noting(failures):
        for key in keys_in_service(clock.now()):
            with _noting(failures):
                renewed |= renew_responder(key, clock.now(), "chores")
    with _noting(failures):
        deliver_reports(clock)
    with _noting(failures):
        give_up_abandoned(clock.now())
    with _noting(failures):
        sign_journal(clock, not_before=BETWEEN_HEADS)
    with _noting(failures):
        municipality_records.sign_journal(clock, not_before=BETWEEN_HEADS)
    return Outcome(renewed, tuple(failures))


@contextmanager
def _noting(failures: list[Exception]) -> Iterator[None]:
    try:
        yield
    except Exception as failure:  # whatever it is, the other chores are due all the same
        failures.append(failure)
