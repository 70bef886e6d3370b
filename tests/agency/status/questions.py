"""A question about a certificate, and what was told of it."""

from honnin.agency.records.models import IssuanceRecord
from honnin.agency.status.responder import StatusResponder
from honnin.simulator.onlooker import request_about
from tests.support.agency.world import read_answer, told_by


def ask(responder: StatusResponder, record: IssuanceRecord) -> tuple[str, str, object]:
    return told_by(read_answer(responder.answer(request_about(record)).body))
