"""A thousand expiry mailings: outbox, batches, files and manifests, beside typst alone."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from benchmarks.limits import Figure

LETTERS, BATCHES = 1000, 10
MOST = 3.0
"""How much longer a letter may take than typst needs for its pages."""


def letters_figure() -> Figure:
    """The median over batches that were taken in turns, by the processor's clock."""
    from honnin.agency.notices.models import Letter
    from honnin.agency.notices.typesetting import typesetter
    from honnin.clock import SystemClock

    at, setter = SystemClock().now(), typesetter()
    _order(at)
    ratios, spent = [], 0.0
    for _round in range(BATCHES):
        waiting = Letter.objects.filter(batch=None).order_by("pk")[: LETTERS // BATCHES]
        # Of another day, so that typst has kept nothing of them.
        contents = [json.dumps(json.loads(setter.content(each)) | {"dated": "1"}) for each in waiting]
        alone = _seconds(lambda pages=contents: [setter.compiled(each, at) for each in pages])  # type: ignore[misc]
        ours = _seconds(lambda: _print(at))
        ratios.append(ours / alone)
        spent += ours
    title = f"letters: {LETTERS:,} mailings, printed in batches"
    note = f"of what typst alone needs for the same pages; {spent / LETTERS * 1e3:.0f} ms a letter"
    return Figure(title, statistics.median(ratios), MOST, "times", note=note)


def _order(at: datetime) -> None:
    """Rows as the outbox has them after the addresses came, of people whose certificates end soon."""
    from honnin.agency.notices.models import Letter
    from honnin.agency.records.models import IssuanceRecord
    from honnin.clock import day_in_japan
    from honnin.simulator.population import MUNICIPALITIES, SPECIMEN

    expiry, records, letters = day_in_japan(at) + timedelta(days=80), [], []
    for number in range(LETTERS):
        code = f"98{number:09d}"
        certificate = {"purpose": "signature", "serial_number": f"{number:08X}", "expiry": str(expiry)}
        common = {"person_code": code, "municipality_code": MUNICIPALITIES[0].code, "expiry_date": expiry}
        records.append(
            IssuanceRecord(
                purpose="signature",
                serial_number=10**9 + number,
                issuer_key_id="bench",
                certificate=b"",
                application_number=f"letter-{number}",
                card_number=f"BENCH{number:010d}",
                issued_at=at - timedelta(days=1700),
                status_changed_at=at,
                delivered_at=at,
                **common,
            )
        )
        letters.append(
            Letter(
                kind="expiry_notice",
                cause=f"{code} {expiry}",
                tells={"certificates": [certificate | {"status": "good"}], "card_expiry": ""},
                name=f"{SPECIMEN.name}{chr(0x4E00 + number % 20000)}",
                address=f"{SPECIMEN.address}{number}号",
                ordered_at=at,
                changed_at=at,
                **common,
            )
        )
    IssuanceRecord.objects.bulk_create(records)
    Letter.objects.bulk_create(letters)


def _print(at: datetime) -> None:
    from honnin.agency.notices.printing import make_batch, print_batch

    batch = make_batch(actor="bench", at=at, most=LETTERS // BATCHES)
    assert batch is not None
    print_batch(batch, actor="bench", at=at)


def _seconds(act: Callable[[], object]) -> float:
    """Processor time, of every thread."""
    began = time.process_time()
    act()
    return time.process_time() - began
