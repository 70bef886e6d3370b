"""No municipality takes, or ends, another's application, also one that the agency has not heard of yet."""

import pytest

from honnin.agency.issuance.models import Procedure
from honnin.agency.reception import reception
from honnin.errors import NotAllowed
from honnin.identifiers import MunicipalityCode
from honnin.wire.line import Sender
from honnin.wire.messages.issuance import AbandonIssuance
from tests.support.town import Town

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_application_that_is_not_known_yet_is_ended_by_its_municipality_alone(town: Town) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    stranger = Sender("municipality", MunicipalityCode("99102"), "taro")
    with pytest.raises(NotAllowed, match="E_OFFICE_WRONG"):
        reception(town.clock)[AbandonIssuance](
            stranger, AbandonIssuance(application.number, application.resident_id)
        )
    assert not Procedure.objects.exists()
    town.issue(application, holder.reader())
    application.refresh_from_db()
    assert application.state == "issued"
