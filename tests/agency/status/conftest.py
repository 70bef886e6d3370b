"""A holder with certificates, and what answers for them: the responder and the service around it."""

import pytest

from honnin.agency.publication.services import publish
from honnin.agency.records.models import IssuanceRecord
from honnin.agency.status.app import StatusApplication
from honnin.agency.status.responder import StatusResponder
from honnin.law.terms import Purpose
from honnin.sites.home import present_home
from honnin.sites.responder import make_application, make_responder
from tests.support.town import Holder, Town


@pytest.fixture
def holder(town: Town) -> Holder:
    return town.with_certificates()


@pytest.fixture
def responder(holder: Holder, town: Town) -> StatusResponder:
    return make_responder(present_home(), town.clock)


@pytest.fixture
def record(holder: Holder, town: Town) -> IssuanceRecord:
    return town.records(holder)[Purpose.USER_AUTHENTICATION]


@pytest.fixture
def application(holder: Holder, town: Town) -> StatusApplication:
    publish(town.clock)
    return make_application(present_home(), town.clock)
