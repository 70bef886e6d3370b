"""`honnin authority record-error`: an error in the record of a certificate, as `status audit` finds it."""

import click

from honnin.cli.authority.publishing import publish_and_sign
from honnin.cli.terminal.installation import present_user, start_django
from honnin.cli.terminal.options import json_fields
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _, display_name
from honnin.clock import SystemClock
from honnin.identifiers import SERIAL_END, SerialNumber
from honnin.law.terms import Purpose, RecordedItem


class Hexadecimal(click.ParamType[SerialNumber]):
    """A serial number as it is printed everywhere."""

    name = "serial"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> SerialNumber:
        try:
            number = int(str(value), 16)
        except ValueError:
            number = 0
        if not 0 < number < SERIAL_END:
            self.fail(_("{value!r} is no serial number in hexadecimal").format(value=value), param, ctx)
        return SerialNumber(number)


@click.command("record-error")
@click.argument("purpose", metavar="PURPOSE", type=click.Choice([purpose.value for purpose in Purpose]))
@click.argument("serial_number", metavar="NUMBER", type=Hexadecimal())
@click.argument("item", metavar="ITEM", type=click.Choice([item.value for item in RecordedItem]))
@click.option("--by", required=True, metavar="NAME", help="Who acts, by the name that is recorded.")
@json_fields("purpose", "serial_number", "item", "corrected", "revoked", "published")
def record_error(purpose: str, serial_number: SerialNumber, item: str, by: str, as_json: bool) -> None:
    """Record an error in the record of a certificate, correct it by the journal, and revoke the certificate.

    Says what was corrected, then publishes the lists and signs the journal. The holder is notified.

    PURPOSE is signature or user_authentication, ITEM is name, birth_date, sex, address, validity, holder or
    false_application.
    """
    start_django("agency")
    from honnin.agency.revocation.record_error import record_error as record

    found = record(
        Purpose(purpose),
        serial_number,
        RecordedItem(item),
        by=by,
        actor=present_user(),
        at=SystemClock().now(),
    )
    done(str(found.record))
    named = {"purpose": display_name(purpose), "serial_number": str(serial_number)}
    if not as_json:
        words = _("corrected: {columns}") if found.columns else _("nothing of the record had to be corrected")
        say(words.format(columns=", ".join(found.columns)))
        revoked = _("{purpose} {serial_number}: revoked; the holder is to be notified")
        say(
            (revoked if found.revoked else _("{purpose} {serial_number}: had no effect any more")).format(
                **named
            )
        )
    publish_and_sign(
        as_json=as_json,
        purpose=purpose,
        serial_number=str(serial_number),
        item=item,
        corrected=list(found.columns),
        revoked=found.revoked,
    )
