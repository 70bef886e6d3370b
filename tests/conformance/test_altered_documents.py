"""Altered documents as pyHanko's command line and poppler's pdfsig judge them, beside our own judgement.

Every difference is explained in `differences.toml`, and every explanation must still explain something.
"""

import re
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyhanko.cli import cli_root

from honnin.clock import FixedClock
from honnin.errors import HonninError
from honnin.law.terms import Purpose
from honnin.verifier import CertificateVerifier, CRLSource, DocumentVerifier, TrustStore
from tests.support.altered.corpus import all_files
from tests.support.pki import specimen
from tests.support.pki.files import pem, run
from tests.support.pki.sources import write_list

pytestmark = pytest.mark.conformance
EXPLANATIONS = tomllib.loads(Path(__file__).with_name("differences.toml").read_text("utf-8"))["difference"]


class Judges:
    """Three judges of one file; each says yes where it would let a person rely on every signature in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        anchors = [specimen.authority(purpose).certificate for purpose in Purpose]
        lists = CRLSource(write_list(folder / "signature.crl", Purpose.SIGNATURE, {}))
        trust = TrustStore(specimen.DEPLOYMENT, anchors)
        self._documents = DocumentVerifier(CertificateVerifier(trust, lists, FixedClock(specimen.NOW)))
        self._anchor = pem(folder / "ca.pem", specimen.authority(Purpose.SIGNATURE).certificate)

    def ours(self, pdf: bytes) -> bool:
        """Also where a person must look: what came after is understood."""
        try:
            reservation = self._documents.examine(pdf).reservation
        except HonninError:
            return False
        return reservation is None or reservation.kind == "conflict"

    def pyhanko(self, path: Path) -> bool:
        """The command `pyhanko sign validate`, with its default policy for differences."""
        options = ("--trust-replace", "--no-revocation-check", "--validation-time", specimen.NOW.isoformat())
        words = ["sign", "validate", "--trust", str(self._anchor), *options, str(path)]
        # In a thread of its own: it starts an event loop, and a browser test may have left one running here.
        with ThreadPoolExecutor(1) as apart:
            done = apart.submit(CliRunner().invoke, cli_root, words).result()
        return done.exit_code == 0 and bool(done.stdout.strip())

    def pdfsig(self, path: Path) -> bool:
        """poppler knows no authority of ours: what it says of octets and signatures counts."""
        code, output = run("pdfsig", "-nocert", path)
        verdicts = re.findall(r"Signature Validation: (.*)", output)
        return code == 0 and bool(verdicts) and all(each == "Signature is Valid." for each in verdicts)

    def differing(self, name: str, pdf: bytes) -> Iterator[tuple[str, str, str]]:
        """(judge, what it says, file) for each judge that says something else than we do."""
        path = self._folder / "document.pdf"
        path.write_bytes(pdf)
        ours = self.ours(pdf)
        for judge, says in (("pyhanko", self.pyhanko(path)), ("pdfsig", self.pdfsig(path))):
            if says is not ours:
                yield judge, "yes" if says else "no", name


@cache
def _files(whole: bool) -> dict[str, bytes]:
    return {name: make() for name, make in all_files(whole=whole)}


def _explained(difference: tuple[str, str, str]) -> list[int]:
    judge, says, name = difference
    return [
        number
        for number, each in enumerate(EXPLANATIONS)
        if (each["judge"], each["says"]) == (judge, says) and name in each["files"]
    ]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "whole", [pytest.param(False, id="some"), pytest.param(True, id="all", marks=pytest.mark.long)]
)
def test_every_difference_of_judgement_is_explained_and_every_explanation_explains_one(
    tmp_path: Path, whole: bool
) -> None:
    judges = Judges(tmp_path)
    differences = [each for name, pdf in _files(whole).items() for each in judges.differing(name, pdf)]
    assert [each for each in differences if not _explained(each)] == []
    explained = {(each["judge"], each["says"], name) for each in EXPLANATIONS for name in each["files"]}
    known = set(_files(whole)) if not whole else {name for _, _, name in explained}
    assert {each for each in explained - set(differences) if each[2] in known} == set()


def test_every_explanation_says_why() -> None:
    for each in EXPLANATIONS:
        assert len(each["reason"]) > 40
        assert each["reason"].endswith(".")
