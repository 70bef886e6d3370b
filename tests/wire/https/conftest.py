"""Two machines with certificates, and a line between them."""

from collections.abc import Iterator

import pytest

from honnin.agency.requests.services import OnceInDatabase
from honnin.clock import SystemClock
from honnin.wire.invitations import Invitation
from honnin.wire.messages.certificates import AskPersonState, ReportLoss
from honnin.wire.peers import Peers
from honnin.wire.reception import Reception
from tests.support.servers.lines import Served, served
from tests.wire.https.ends import TOWN, Agency


@pytest.fixture(scope="package")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Peers:
    made = Peers(tmp_path_factory.mktemp("lines") / "peers")
    made.init(SystemClock().now())
    return made


@pytest.fixture
def agency() -> Agency:
    return Agency()


@pytest.fixture
def end(peers: Peers, agency: Agency, committed: None) -> Iterator[Served]:
    reception = Reception(
        {ReportLoss: agency.report, AskPersonState: agency.told}, OnceInDatabase(SystemClock())
    )
    with served(peers, reception.answer, timeout=1) as running:
        yield running


@pytest.fixture
def invitation(peers: Peers, end: Served) -> Invitation:
    return peers.invite(TOWN, end.address, SystemClock().now())
