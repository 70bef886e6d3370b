"""Files that somebody names: their end is not waited for, and their size is not trusted."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.card.chip.state import LONGEST_CARD
from honnin.card.transport.card_file import CardFile
from honnin.errors import Malformed
from honnin.files import read_file
from honnin.law.terms import Purpose
from honnin.verifier.trust import TrustStore
from honnin.wire.codec import LONGEST_MESSAGE, decode
from honnin.wire.messages.certificates import ReportLapse
from tests.support.installations import honnin, require_named
from tests.support.pki import specimen

EXIT_MALFORMED = 5


@pytest.fixture
def huge(tmp_path: Path) -> Path:
    """5 GiB that take no room on the disk."""
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(5 * 1024**3)
    path.chmod(0o600)
    return path


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for length in (0, 1, 99, 100):
        path.write_bytes(bytes(length))
        assert read_file(path, 100) == bytes(length)
    path.write_bytes(bytes(101))
    with pytest.raises(Malformed, match="E_FILE_TOO_LARGE"):
        read_file(path, 100)


def test_what_has_no_end_is_left() -> None:
    with pytest.raises(Malformed, match="E_FILE_TOO_LARGE"):
        read_file(Path("/dev/zero"), 10_000_000)


def test_a_card_file_has_a_limit(huge: Path) -> None:
    with pytest.raises(Malformed, match="E_FILE_TOO_LARGE"):
        CardFile.open(huge)
    with huge.open("r+b") as file:
        file.truncate(LONGEST_CARD)
    with pytest.raises(Malformed, match="E_CARD_FILE_DAMAGED"):
        CardFile.open(huge)


def test_a_pinned_authority_has_a_limit(huge: Path) -> None:
    with pytest.raises(Malformed, match="E_FILE_TOO_LARGE"):
        TrustStore.load(specimen.DEPLOYMENT, [huge])


def test_a_message_has_a_limit() -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        decode(ReportLapse, b" " * (LONGEST_MESSAGE + 1))


@pytest.mark.parametrize("command", [["verify"], ["certificate", "show"], ["certificate", "check"]])
def test_a_command_says_that_a_file_is_too_large(huge: Path, tmp_path: Path, command: list[str]) -> None:
    authority = tmp_path / "ca.pem"
    certificate = specimen.authority(Purpose.SIGNATURE).certificate
    authority.write_bytes(certificate.public_bytes(Encoding.PEM))
    pinned = [] if "show" in command else ["--ca", str(authority)]
    done = honnin(tmp_path / "home", *command, *pinned, huge)
    require_named(done, "E_FILE_TOO_LARGE", EXIT_MALFORMED)


def test_signing_says_it_before_the_card_is_asked(huge: Path, card: Path, tmp_path: Path) -> None:
    done = honnin(tmp_path / "home", "sign", huge, "--card", card, "--pin-fd", "0")
    require_named(done, "E_FILE_TOO_LARGE", EXIT_MALFORMED)
