"""What a running installation does by itself: publish lists, deliver reports, renew responders."""

from honnin.agency.authority.services import renew_responder
from honnin.agency.status.services import newest_keys, publication_is_due, publish
from honnin.clock import Clock
from honnin.municipality.residents.services import deliver_reports


def do_chores(clock: Clock) -> bool:
    """Do what is due now; returns whether the status service must read its keys anew.

    Raises what a chore raises: the next round tries again.
    """
    deliver_reports()
    if publication_is_due(clock):
        publish(clock)
    return _renew_responders(clock)


def _renew_responders(clock: Clock) -> bool:
    """Whether a responder got a new certificate because the old one has little time left."""
    renewed = False
    for key in newest_keys():
        before = key.responder_key_name
        renew_responder(key, clock.now(), "chores")
        renewed = renewed or key.responder_key_name != before
    return renewed
