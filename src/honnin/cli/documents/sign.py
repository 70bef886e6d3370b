"""`honnin sign`: put the holder's signature under a PDF."""

import os
from pathlib import Path
from typing import Any

import click

from honnin.card.kinds.declaration import KeySlot
from honnin.cli.terminal.cards import card_option, inserted_card, reader_option
from honnin.cli.terminal.options import (
    json_fields,
    last_try_option,
    naming,
    password_option,
    pin_option,
    print_json,
    require_writable,
)
from honnin.cli.terminal.output import is_stdout, write
from honnin.cli.terminal.streams import done, print_name, say
from honnin.cli.terminal.typed import ask_pin, read_password, signature_pin_prompt
from honnin.cli.terminal.words import _
from honnin.files import LONGEST_DOCUMENT, read_file
from honnin.translation import message

_CHANGED = message(
    "The document was signed before, and something was added after that (honnin verify shows it). Your "
    "signature covers the addition, too."
)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@card_option
@reader_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: FILE-signed.pdf. With - the document goes to stdout.",
)
@click.option("--reason", help="Why the document is signed; stands in the signature.")
@click.option("--field", metavar="NAME", help="The empty signature field to sign, where there are several.")
@password_option
@last_try_option
@pin_option
@json_fields("file", "field", "changed_before")
def command(
    file: Path, out: Path | None, reason: str | None, field: str | None, as_json: bool, **more: Any
) -> None:
    """Sign a PDF (PAdES) with the signature key of a card; the original stays as it is.

    A document that brings one empty signature field is signed there, in its box if it has one.
    """
    from honnin.citizen.document import signable
    from honnin.citizen.signing import sign
    from honnin.clock import SystemClock

    target = _target(file, out, as_json=as_json)
    password = read_password(more["password_fd"])
    when = SystemClock().now()
    with naming(file):
        octets = read_file(file, LONGEST_DOCUMENT)
        document = signable(octets, when=when, field=field, password=password, reason=reason)
        changed = _was_changed_after_signing(octets, password)
    if changed:
        say(_(_CHANGED), err=True)
    with inserted_card(more["card"], more["reader"]) as session:
        session.require_usable(KeySlot.SIGNATURE)
        pin = ask_pin(signature_pin_prompt(), more["pin_fd"])
        signed = sign(document, session, pin, reason=reason, when=when, use_last_try=more["use_last_try"])
    write(target, signed)
    done(str(target))
    if as_json:
        print_json({"file": str(target), "field": document.field_name, "changed_before": changed})
    elif not is_stdout(target):
        print_name(target)


def _target(file: Path, out: Path | None, *, as_json: bool) -> Path:
    """Where to write. Raises click.UsageError for what would overwrite the original, or cannot be written."""
    target = out or file.with_name(f"{file.stem}-signed.pdf")
    if is_stdout(target):
        if as_json and str(target) == "-":
            raise click.UsageError(_("--json prints to stdout, where --out - writes the document"))
        return target
    if os.path.exists(target) and target.samefile(file):  # noqa: PTH110 – a name may be too long
        raise click.UsageError(_("--out must be another file: the original is kept"))
    require_writable(target)
    return target


def _was_changed_after_signing(document: bytes, password: str | None) -> bool:
    """Whether a document was changed after an earlier signature: shown before a PIN is asked for."""
    from honnin.verifier.document import Weight, changed_after_signing

    return changed_after_signing(document, password) is not Weight.NOTHING
