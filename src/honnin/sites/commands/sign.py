"""`honnin sign`: put the holder's signature under a PDF."""

from pathlib import Path

import click

from honnin.files import LONGEST_DOCUMENT, read_file
from honnin.sites.commands.options import (
    ask_pin,
    card_option,
    inserted_card,
    last_try_option,
    pin_option,
    present_language,
    reader_option,
    require_writable,
    signature_pin_prompt,
)

_CHANGED = {
    "ja": "この文書には先の署名があり、その後に追記があります（honnin verify が示します）。"
    "あなたの署名は追記にも及びます。",
    "en": "The document was signed before, and something was added after that (honnin verify shows it). "
    "Your signature covers the addition, too.",
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@card_option
@reader_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: FILE-signed.pdf.")
@click.option("--reason", help="Why the document is signed; stands in the signature.")
@last_try_option
@pin_option
def command(
    file: Path,
    card: str | None,
    reader: str | None,
    out: Path | None,
    reason: str | None,
    use_last_try: bool,
    pin_fd: int | None,
) -> None:
    """Sign a PDF (PAdES) with the signature key of a card; the original stays as it is."""
    from honnin.citizen.signing import sign_pdf
    from honnin.clock import SystemClock

    target = out or file.with_name(f"{file.stem}-signed.pdf")
    if target.resolve() == file.resolve():
        raise click.UsageError("--out must be another file: the original is kept")
    require_writable(target)
    document = read_file(file, LONGEST_DOCUMENT)
    _say_what_was_changed(document)
    with inserted_card(card, reader) as session:
        pin = ask_pin(signature_pin_prompt(), pin_fd)
        signed = sign_pdf(
            document,
            session,
            pin,
            reason=reason,
            when=SystemClock().now(),
            use_last_try=use_last_try,
        )
    _write(target, signed)
    click.echo(str(target))


def _say_what_was_changed(document: bytes) -> None:
    """Tells, before a PIN is asked for, whoever signs after others what came after them."""
    from honnin.verifier.document import Weight, changed_after_signing

    if changed_after_signing(document) is not Weight.NOTHING:
        click.echo(_CHANGED[present_language()], err=True)


def _write(path: Path, content: bytes) -> None:
    """The whole file or none."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_bytes(content)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from error
