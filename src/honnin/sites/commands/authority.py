"""`honnin authority …`: the two certification authorities of an installation."""

import click

from honnin.clock import SystemClock
from honnin.law.terms import Purpose
from honnin.sites.commands.options import json_option, print_json, start_django


@click.group()
def command() -> None:
    """The two certification authorities."""


@command.command("init")
def init() -> None:
    """Open both authorities where they are not open yet, publish their first lists and sign the journal."""
    start_django(opening=True)
    from honnin.agency.authority.services import open_authorities
    from honnin.sites.opening import migrate

    migrate()
    open_authorities(SystemClock())
    _publish_and_sign()


@command.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show the generations of both authorities with their fingerprints."""
    start_django()
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from honnin.agency.authority.models import IssuingKey
    from honnin.agency.status.services import published_keys

    keys = IssuingKey.objects.order_by("purpose", "generation")
    named = {key.key_id: name for name, key in published_keys(SystemClock().now()).items()}
    newest = {key.purpose: key.generation for key in keys}
    generations = []
    for key in keys:
        certificate = x509.load_der_x509_certificate(bytes(key.certificate))
        generations.append(
            {
                "purpose": key.purpose,
                "generation": key.generation,
                "subject": certificate.subject.rfc4514_string(),
                "serial_number": f"{certificate.serial_number:08X}",
                "not_after": certificate.not_valid_after_utc.isoformat(),
                "key_id": key.key_id,
                "sha256": certificate.fingerprint(SHA256()).hex(),
                "issues": key.generation == newest[key.purpose],
                "list": f"{named[key.key_id]}.crl" if key.key_id in named else None,
            }
        )
    if as_json:
        print_json(generations)
        return
    for entry in generations:
        click.echo(f"{entry['purpose']} CA {entry['generation']}: {entry['subject']}")
        click.echo(f"  serial {entry['serial_number']}, until {entry['not_after']}")
        click.echo(f"  key {entry['key_id']}")
        click.echo(f"  SHA-256 {entry['sha256']}")
        does = "issues" if entry["issues"] else "answers for what it issued"
        click.echo(f"  {does}, list {entry['list']}" if entry["list"] else "  has ended")


@command.command("rollover")
@click.argument("purpose", required=False, type=click.Choice([purpose.value for purpose in Purpose]))
def rollover(purpose: str | None) -> None:
    """Open the next generation of both authorities, or of one; publish, and sign the journal.

    It has the same name and another key, and alone issues from then on. The generation before answers for
    what it issued until its own certificate ends. Each certifies the key of the other.
    """
    start_django()
    from honnin.agency.authority.rollover import roll_over

    for key in roll_over([Purpose(purpose)] if purpose else list(Purpose), SystemClock()):
        click.echo(f"{key} issues now", err=True)
    _publish_and_sign()


@command.command("crl")
def crl() -> None:
    """Publish new revocation lists now and sign the journal; prints the lists' files.

    The lists are published also when the journal cannot be signed.
    """
    start_django()
    _publish_and_sign()


def _publish_and_sign() -> None:
    from honnin.agency.status.services import publish, sign_journal

    for path in publish(SystemClock()):
        click.echo(str(path))
    sign_journal(SystemClock())
