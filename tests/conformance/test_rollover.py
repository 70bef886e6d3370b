"""OpenSSL reads what a rollover leaves behind: roots, links, certificates and lists of two generations."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from tests.support.pki.files import pem, run
from tests.support.processes import said

pytestmark = pytest.mark.conformance
NAME = {KeySlot.SIGNATURE: "signature", KeySlot.AUTHENTICATION: "authentication"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a certificate of each kind before a rollover and after it."""
    folder = tmp_path_factory.mktemp("rollover") / "home"
    said(folder, "authority", "init")
    for sample, *options in (("old-authority", "--roll-over"), ("adult",)):
        card = said(folder, "card", "create", sample, *options).strip()
        state = CardState.from_json((folder / "cards" / f"{card}.json").read_bytes())
        for slot, name in NAME.items():
            certificate = x509.load_der_x509_certificate(state.slots[slot].certificate or b"")
            pem(folder / f"{name}-{sample}.pem", certificate)
    return folder


@pytest.fixture(params=NAME.values())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def verify(anchors: Path, *options: str | Path) -> tuple[int, str]:
    return run("openssl", "verify", "-x509_strict", "-CAfile", anchors, *options)


def lists(home: Path, name: str, *files: str) -> Path:
    """Published lists as one PEM file."""
    path = home / f"{name}-lists.pem"
    encoded = ((home / "publication" / file).read_bytes() for file in files)
    path.write_bytes(b"".join(x509.load_der_x509_crl(each).public_bytes(Encoding.PEM) for each in encoded))
    return path


def test_each_link_stands_under_the_root_that_signed_it_and_under_no_other(home: Path, name: str) -> None:
    old, new = (home / "publication" / f"{name}{number}-ca.pem" for number in ("-1", ""))
    by_old, by_new = (home / "publication" / f"{name}-{link}.pem" for link in ("2-with-1", "1-with-2"))
    assert verify(old, by_old)[0] == verify(new, by_new)[0] == 0
    assert verify(old, by_new)[0] != 0
    assert verify(new, by_old)[0] != 0
    for link, root in ((by_old, new), (by_new, old)):
        keys = [run("openssl", "x509", "-in", each, "-noout", "-pubkey")[1] for each in (link, root)]
        assert keys[0] == keys[1]


def test_each_certificate_stands_under_its_own_generation_with_its_list(home: Path, name: str) -> None:
    for number, sample, other in (("-1", "old-authority", ""), ("", "adult", "-1")):
        leaf, anchor = home / f"{name}-{sample}.pem", home / "publication" / f"{name}{number}-ca.pem"
        own = ("-crl_check", "-CRLfile", lists(home, name, f"{name}{number}.crl"))
        assert verify(anchor, *own, leaf)[0] == 0
        assert verify(home / "publication" / f"{name}{other}-ca.pem", leaf)[0] != 0
        wrong = ("-crl_check", "-CRLfile", lists(home, name, f"{name}{other}.crl"))
        code, output = verify(anchor, *wrong, leaf)
        assert code != 0
        assert "unable to get certificate CRL" in output


def test_who_has_all_of_both_generations_needs_to_know_no_more(home: Path, name: str) -> None:
    anchors = home / f"{name}-anchors.pem"
    roots = (home / "publication" / f"{name}{number}-ca.pem" for number in ("-1", ""))
    anchors.write_bytes(b"".join(root.read_bytes() for root in roots))
    both = lists(home, name, f"{name}-1.crl", f"{name}.crl")
    leaves = (home / f"{name}-old-authority.pem", home / f"{name}-adult.pem")
    assert verify(anchors, "-crl_check", "-CRLfile", both, *leaves)[0] == 0


def test_in_a_path_the_link_stands_for_nothing(home: Path, name: str) -> None:
    """The authorityKeyIdentifier of the profile names the number of the root, and OpenSSL insists on it."""
    old, link = (home / "publication" / f"{name}-{file}.pem" for file in ("1-ca", "2-with-1"))
    code, output = verify(old, "-untrusted", link, home / f"{name}-adult.pem")
    assert code != 0
    assert "unable to get local issuer certificate" in output
