"""`honnin verify`: is this PDF signed, by whom, and what came after each signature?"""

from pathlib import Path

import click

from honnin.files import LONGEST_DOCUMENT, read_file
from honnin.sites.commands.document_words import FIELDS, facts, words
from honnin.sites.commands.options import (
    json_fields,
    naming,
    password_option,
    present_language,
    print_json,
    read_password,
)
from honnin.sites.commands.streams import say
from honnin.sites.commands.trust import certificate_verifier, trust_options

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
    from honnin.verifier.document import DocumentVerifier

    verifier = DocumentVerifier(certificate_verifier(authorities, lists, ocsp, SystemClock()))
    password = read_password(password_fd)
    with naming(file):
        report = verifier.examine(read_file(file, LONGEST_DOCUMENT), password)
    if as_json:
        print_json(facts(report))
    else:
        for number, line in enumerate(words(report, present_language())):
            say(line, bold=number == _VERDICT or None)
    report.require_as_signed()
