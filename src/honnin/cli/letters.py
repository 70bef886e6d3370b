"""`honnin letters`: who is due one, printing them in batches, the post, and what comes back."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_fields, json_option, print_json, require_writable
from honnin.cli.terminal.output import is_stdout, write
from honnin.cli.terminal.streams import done, print_name, say
from honnin.cli.terminal.words import FileName, _
from honnin.clock import SystemClock, day_in_japan
from honnin.law.certificates.notices import DeliveryState, LetterKind, ReturnReason
from honnin.translation import message

if TYPE_CHECKING:
    from honnin.agency.notices.models import Batch, Letter

MOST = 1000
KINDS: Mapping[str, str] = {
    LetterKind.EXPIRY_NOTICE: message("expiry notice"),
    LetterKind.DOCUMENT_INQUIRY: message("document inquiry"),
    LetterKind.ERROR_NOTICE: message("notice of a record error"),
    LetterKind.REVOCATION: message("notice of revocation"),
    LetterKind.HOLD: message("notice of a hold"),
}
STATES: Mapping[str, str] = {
    DeliveryState.ORDERED: message("ordered"),
    DeliveryState.PRINTED: message("printed"),
    DeliveryState.POSTED: message("handed to the post"),
    DeliveryState.RETURNED: message("came back"),
    DeliveryState.ANSWERED: message("answered"),
    DeliveryState.REPLACED: message("came back, and another was written"),
    DeliveryState.UNDELIVERABLE: message("came back, and no other address is known"),
    DeliveryState.WITHHELD: message("not sent"),
}

REASONS: Mapping[str, str] = {
    ReturnReason.UNKNOWN_ADDRESS: message("address unknown"),
    ReturnReason.MOVED: message("moved, no one knows where"),
    ReturnReason.NOT_COLLECTED: message("not collected"),
    ReturnReason.REFUSED: message("refused"),
}


@click.group()
def command() -> None:
    """Letters to holders: the expiry mailing, document inquiries, notices of a hold or a revocation."""


@command.command("due")
@json_option
def list_due(*, as_json: bool) -> None:
    """Count, by municipality, who is due the expiry notice, and which letters wait for an address.

    The municipality tells the addresses as a chore; the letters are ordered by that.
    """
    start_django("agency")
    from honnin.agency.notices.queries import due_by_municipality

    found = due_by_municipality(day_in_japan(SystemClock().now()))
    if as_json:
        print_json([{"municipality_code": code, **counts} for code, counts in found.items()])
        return
    for code, counts in found.items():
        words = _("{code}: {due} due, {late} of them late; {waiting} letters wait for an address")
        say(words.format(code=code, **counts))
    if not found:
        say(_("nobody is due a letter"), err=True)


@command.command("batch")
@click.option(
    "--most", type=click.IntRange(1, MOST), default=MOST, show_default=True, help="Letters in the batch."
)
@json_fields("batch", "letters", "folder")
def make_batch(most: int, *, as_json: bool) -> None:
    """Put letters that are ready into a new batch; prints its number, or nothing where none is ready."""
    start_django("agency")
    from honnin.agency.notices import printing

    _print_batch(
        printing.make_batch(actor=present_user(), at=SystemClock().now(), most=most), as_json=as_json
    )


@command.command("print")
@click.argument("batch", required=False, metavar="BATCH")
@json_option
def print_letters(batch: str | None, *, as_json: bool) -> None:
    """Make the files of BATCH, or of every batch that is not printed yet: PDFs and manifests.

    Printing that was cut goes on here, and makes the same files. Files of a printed batch that are missing
    are made again; it is printed once all the same. Prints the folders.
    """
    start_django("agency")
    from honnin.agency.notices import printing
    from honnin.agency.notices.queries import batch_of

    actor, at = present_user(), SystemClock().now()
    if batch is None:
        printed = printing.finish_batches(actor=actor, at=at)
    else:
        printed = [batch_of(batch)]
        printing.print_batch(printed[0], actor=actor, at=at)
    if as_json:
        print_json([_fields_of_batch(each) for each in printed])
        return
    for each in printed:
        print_name(printing.folder_of(each))
    if not printed:
        say(_("no batch waits for printing"), err=True)


@command.command("posted")
@click.argument("batch", metavar="BATCH")
@json_fields("batch", "letters")
def posted(batch: str, *, as_json: bool) -> None:
    """Write down that the letters of BATCH were handed to the post."""
    start_django("agency")
    from honnin.agency.notices.queries import batch_of
    from honnin.agency.notices.services import hand_to_post

    found = batch_of(batch)
    count = hand_to_post(found, actor=present_user(), at=SystemClock().now())
    done(str(found))
    if as_json:
        print_json({"batch": str(found), "letters": count})
    else:
        say(_("{batch}: {letters} letters handed to the post").format(batch=found, letters=count))


@command.command("returned")
@click.argument("number", metavar="NUMBER")
@click.option(
    "--reason",
    type=click.Choice([each.value for each in ReturnReason]),
    required=True,
    help="What the post wrote on it.",
)
@json_fields("number", "state")
def returned(number: str, reason: str, *, as_json: bool) -> None:
    """Write down that the post brought the letter of this NUMBER back.

    The municipality is asked for the address again. Where it knows another, a new letter is ordered.
    """
    start_django("agency")
    from honnin.agency.notices.services import record_return

    letter = record_return(number, ReturnReason(reason), actor=present_user(), at=SystemClock().now())
    done(letter.number)
    if as_json:
        print_json({"number": letter.number, "state": letter.state})
    else:
        say(f"{letter.number}  {_(STATES[letter.state])}")


@command.command("list")
@click.option("--state", type=click.Choice([each.value for each in DeliveryState]), help="Only these.")
@click.option("--kind", type=click.Choice([each.value for each in LetterKind]), help="Only these.")
@click.option(
    "--most", type=click.IntRange(1, 100_000), default=MOST, show_default=True, help="The newest of them."
)
@json_option
def list_letters(state: str | None, kind: str | None, most: int, *, as_json: bool) -> None:
    """List letters, the newest first: number, kind, where it stands, its batch, why it is not sent."""
    start_django("agency")
    from honnin.agency.notices.queries import newest_letters

    found = newest_letters(state=state, kind=kind, most=most)
    if as_json:
        print_json([_fields(letter) for letter in found])
        return
    for letter in found:
        batch = f"{letter.batch_id:06d}" if letter.batch_id else ""
        parts = (letter.number, _(KINDS[letter.kind]), _(STATES[letter.state]), batch, _reason(letter))
        say("  ".join(part for part in parts if part))


@command.command("show")
@click.argument("number", metavar="NUMBER")
@click.option("--out", type=FileName(), required=True, metavar="FILE", help="Where to write the PDF.")
@json_fields("number", "file", "pages", "sha256")
def show(number: str, out: str, *, as_json: bool) -> None:
    """Write the PDF of a letter to FILE, as it is printed. The journal says that it was looked at."""
    path = Path(out)
    require_writable(path)
    start_django("agency")
    from honnin.agency.notices.printing import looked_at
    from honnin.agency.notices.queries import letter_of

    letter = letter_of(number)
    copy = looked_at(letter, actor=present_user(), at=SystemClock().now())
    write(path, copy.pdf)
    if as_json:
        print_json({"number": letter.number, "file": out, "pages": copy.pages, "sha256": copy.sha256})
    elif not is_stdout(path):
        print_name(path)


def _reason(letter: "Letter") -> str:
    """Why it came back, in words; of what is not sent or not printed the code."""
    return _(REASONS[letter.reason]) if letter.reason in REASONS else letter.reason


def _print_batch(batch: "Batch | None", *, as_json: bool) -> None:
    if as_json:
        fields = _fields_of_batch(batch) if batch else dict.fromkeys(("batch", "letters", "folder"))
        print_json(fields)
    elif batch is None:
        say(_("no letter is ready"), err=True)
    else:
        say(str(batch))


def _fields_of_batch(batch: "Batch") -> dict[str, Any]:
    from honnin.agency.notices.printing import folder_of

    return {"batch": str(batch), "letters": batch.letters.count(), "folder": str(folder_of(batch))}


def _fields(letter: "Letter") -> dict[str, Any]:
    return {
        "number": letter.number,
        "kind": letter.kind,
        "state": letter.state,
        "reason": letter.reason or None,
        "municipality_code": letter.municipality_code,
        "ordered_at": letter.ordered_at.isoformat(),
        "changed_at": letter.changed_at.isoformat(),
        "expiry_date": letter.expiry_date and letter.expiry_date.isoformat(),
        "answer_by": letter.answer_by and letter.answer_by.isoformat(),
        "batch": f"{letter.batch_id:06d}" if letter.batch_id else None,
        "pages": letter.pages or None,
        "sha256": letter.sha256 or None,
    }
