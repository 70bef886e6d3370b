"""`honnin verify`: is this PDF signed, by whom, and what came after each signature?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from honnin.cli.documents.words import FIELDS, facts, words
from honnin.cli.terminal.options import json_fields, naming, password_option, present_language, print_json
from honnin.cli.terminal.streams import say
from honnin.cli.terminal.trust import certificate_verifier, trust_options
from honnin.cli.terminal.typed import read_password
from honnin.cli.terminal.wrong import Wrong
from honnin.files import LONGEST_DOCUMENT, read_file

if TYPE_CHECKING:
    from honnin.verifier.certificate import CertificateVerifier
    from honnin.verifier.document import DocumentReport

_VERDICT = 1  # the line in which it stands


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@password_option
@trust_options
@json_fields(*FIELDS)
def command(
    file: Path,
    authorities: tuple[Path, ...],
    lists: tuple[Path, ...],
    ocsp: str | None,
    password_fd: int | None,
    as_json: bool,
) -> None:
    """Tell each signature of a PDF by itself: who signed, and what came after it.

    Exits 0 only if every signature is good now and nothing came after one that a person must look at; 7 if
    something did (a field filled in, a note); 6 if a signature or an addition cannot be confirmed; 8 if the
    source of status cannot be reached. Without a source of status nothing is called good.
    """
    from honnin.clock import SystemClock

    password, wrong = read_password(password_fd), Wrong()
    trusting = wrong.unless(lambda: certificate_verifier(authorities, lists, ocsp, SystemClock()))
    report = wrong.unless(lambda: _report(file, password, trusting))
    wrong.require_none()
    assert report is not None
    if as_json:
        print_json(facts(report))
    else:
        for number, line in enumerate(words(report, present_language())):
            say(line, bold=number == _VERDICT or None)
    report.require_as_signed()


def _report(
    file: Path, password: str | None, trusting: "CertificateVerifier | None"
) -> "DocumentReport | None":
    """The report on a document; without trusted CAs, only whether it can be read.

    Raises Malformed, naming the file.
    """
    from honnin.verifier.document import DocumentVerifier
    from honnin.verifier.document.opening import open_document

    with naming(file):
        octets = read_file(file, LONGEST_DOCUMENT)
        if trusting is None:
            open_document(octets, password)
            return None
        return DocumentVerifier(trusting).examine(octets, password)
