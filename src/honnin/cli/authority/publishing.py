"""What commands of the authorities end with: lists published, the journal signed."""

from typing import Any

from honnin.cli.terminal.options import print_json
from honnin.cli.terminal.streams import done, print_name
from honnin.clock import SystemClock


def publish_and_sign(*, as_json: bool, **more: Any) -> None:
    """Publish all lists, then sign the journal; prints the files, or JSON with `more`."""
    from honnin.agency.publication.services import publish, sign_journal

    published = [str(path) for path in publish(SystemClock())]
    done(*published)
    try:
        sign_journal(SystemClock())
    finally:
        for path in () if as_json else published:
            print_name(path)
    if as_json:
        print_json({"published": published, **more})
