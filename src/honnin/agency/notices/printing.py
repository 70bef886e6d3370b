"""Batches of letters: what is printed together, its files and its manifest.

A batch is made, printed and handed to the post, each once. Printing that was cut is begun again and makes the
same files, byte for byte; what is recorded as printed has all its files, and its manifest.
"""

import csv
import hashlib
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from honnin.agency.notices.models import Batch, Letter
from honnin.agency.notices.queries import is_needless, open_batches, ready
from honnin.agency.notices.services import OF_A_STEP, take_step
from honnin.agency.notices.typesetting import Printed, Typesetter, typesetter
from honnin.agency.records.journal import DATABASE, Act, append
from honnin.clock import day_in_japan
from honnin.errors import Conflict, Unavailable
from honnin.files import write_private
from honnin.journal.binding import Written, changed
from honnin.law.certificates.notices import DeliveryEvent

BATCHED, PRINTED, LOOKED_AT = "make batch", "print letters", "look at letter"
"""What the journal calls these acts."""
NEEDLESS: Final = "E_LETTER_NEEDLESS"
MOST_LETTERS: Final = 1000
MANIFEST: Final = "manifest.json"
_COLUMNS: Final = ("number", "kind", "file", "pages", "sha256")


def make_batch(*, actor: str, at: datetime, most: int = MOST_LETTERS) -> Batch | None:
    """A batch of letters that are ready, the first ordered first; None where there are none.

    An expiry notice whose certificates were renewed or revoked meanwhile is not sent any more. A letter that
    no font can show stays where it is, with the reason, and holds up no other. Raises Unavailable
    E_FONT_MISSING.
    """
    setter = typesetter()
    with transaction.atomic(using=DATABASE):
        taken: list[Letter] = []
        written: list[Written] = []
        for letter in ready().select_for_update().iterator():
            if is_needless(letter, day_in_japan(at)):
                written.append(take_step(letter, DeliveryEvent.WITHHOLD, NEEDLESS, at))
            elif reason := _unprintable(letter, setter):
                written += _held_up(letter, reason)
            else:
                taken.append(letter)
            if len(taken) == most:
                break
        batch = Batch.objects.create(made_at=at, made_by=actor) if taken else None
        new = () if batch is None else (batch, *(_put_into(batch, letter) for letter in taken))
        if new or written:
            subject = f"batch {batch}" if batch else "no batch"
            append(Act(actor, BATCHED, subject, {"letters": len(taken)}), at, *new, *written)
    return batch


def _unprintable(letter: Letter, setter: Typesetter) -> str:
    """The code of what stands against printing a letter; empty for nothing."""
    try:
        setter.font_for(letter.name)
        setter.font_for(letter.address)
    except Unavailable as error:
        return error.code
    return ""


def _held_up(letter: Letter, reason: str) -> list[Written]:
    if letter.reason == reason:
        return []
    letter.reason = reason
    letter.save(update_fields=["reason"])
    return [changed(letter, "reason")]


def _put_into(batch: Batch, letter: Letter) -> Written:
    letter.batch, letter.reason = batch, ""
    letter.save(update_fields=["batch", "reason"])
    return changed(letter, "batch", "reason")


def print_batch(batch: Batch, *, actor: str, at: datetime) -> Path:
    """Write the files of a batch and its manifest, and record that it is printed; returns its folder.

    Of a batch that is printed already the files are compared with the records, and those that are missing
    made again. Raises Conflict E_LETTER_DIFFERS for one that would not be what was printed, Unavailable
    E_LETTER_NOT_SET, E_FONT_MISSING, OSError.
    """
    folder = folder_of(batch)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    setter = typesetter()
    letters = list(batch.letters.order_by("pk"))
    for letter in letters:
        _print(letter, folder, setter)
    content = manifest_of(batch, letters)
    write_private(folder / MANIFEST, content)
    write_private(folder / "manifest.csv", _as_csv(letters))
    if batch.printed_at is None:
        _record(batch, letters, hashlib.sha256(content).hexdigest(), actor, at)
    return folder


def _print(letter: Letter, folder: Path, setter: Typesetter) -> None:
    printed = setter.set(letter)
    if letter.sha256 not in ("", printed.sha256):
        raise Conflict("E_LETTER_DIFFERS", number=letter.number)
    letter.pages, letter.sha256 = printed.pages, printed.sha256
    path = folder / file_of(letter)
    if not path.is_file() or path.read_bytes() != printed.pdf:
        write_private(path, printed.pdf)


def _record(batch: Batch, letters: list[Letter], manifest: str, actor: str, at: datetime) -> None:
    """Nothing where another process recorded it meanwhile."""
    with transaction.atomic(using=DATABASE):
        locked = Batch.objects.select_for_update().get(pk=batch.pk)
        if locked.printed_at is not None:
            return
        rows: list[Written] = []
        for letter in letters:
            letter.save(update_fields=["pages", "sha256"])
            take_step(letter, DeliveryEvent.PRINT, "", at)
            rows.append(changed(letter, "pages", "sha256", *OF_A_STEP))
        locked.printed_at, locked.manifest = at, manifest
        locked.save(update_fields=["printed_at", "manifest"])
        act = Act(actor, PRINTED, f"batch {locked}", {"letters": len(letters), "manifest": manifest})
        append(act, at, changed(locked, "printed_at", "manifest"), *rows)


def finish_batches(*, actor: str, at: datetime) -> list[Batch]:
    """Print every batch that was made and is not printed, as after a cut; returns them."""
    unfinished = list(open_batches())
    for batch in unfinished:
        print_batch(batch, actor=actor, at=at)
    return unfinished


def folder_of(batch: Batch) -> Path:
    """Where the files of a batch lie."""
    return Path(settings.HONNIN_LETTERS) / str(batch)


def file_of(letter: Letter) -> str:
    return f"{letter.number}.pdf"


def manifest_of(batch: Batch, letters: list[Letter]) -> bytes:
    """What the printer and the post get beside the files, as JSON: no name and no address."""
    content = {
        "batch": str(batch),
        "made_at": batch.made_at.isoformat(),
        "letters": len(letters),
        "pages": sum(letter.pages for letter in letters),
        "files": [dict(zip(_COLUMNS, _line(letter), strict=True)) for letter in letters],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def _as_csv(letters: list[Letter]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_COLUMNS, *(_line(letter) for letter in letters)])
    return text.getvalue().encode()


def _line(letter: Letter) -> tuple[str, str, str, int, str]:
    return letter.number, letter.kind, file_of(letter), letter.pages, letter.sha256


def looked_at(letter: Letter, *, actor: str, at: datetime) -> Printed:
    """The PDF of a letter, made anew for somebody who looks at it; the journal says who.

    Raises Conflict E_LETTER_NO_ADDRESS, and as `Typesetter.set`.
    """
    if not letter.is_addressed:
        raise Conflict("E_LETTER_NO_ADDRESS", number=letter.number)
    printed = typesetter().set(letter)
    with transaction.atomic(using=DATABASE):
        append(Act(actor, LOOKED_AT, f"letter {letter.number}", {}), at)
    return printed
