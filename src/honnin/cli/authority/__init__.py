"""`honnin authority …`: the two certification authorities of an installation, and its cards' master keys."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import click

from honnin.cli.authority.compromise import compromise
from honnin.cli.authority.publishing import publish_and_sign
from honnin.cli.authority.record_error import record_error
from honnin.cli.chores import warn_of_standing
from honnin.cli.terminal.installation import present_user, start_django, warn_if_moved
from honnin.cli.terminal.options import json_fields, json_option, print_json
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.words import _, display_name, in_present_language
from honnin.clock import SystemClock, day_in_japan
from honnin.identifiers import SerialNumber
from honnin.law.terms import Purpose


@click.group()
def command() -> None:
    """The two certification authorities."""


command.add_command(compromise)
command.add_command(record_error)


@command.command("init")
@json_fields("published")
def init(as_json: bool) -> None:
    """Open both authorities where they are not open yet, publish their first lists and sign the journal."""
    start_django("agency", opening=True)
    from honnin.sites.opening import migrate, open_roles

    migrate()
    with warn_if_moved():
        open_roles(SystemClock())
    publish_and_sign(as_json=as_json)


@command.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show the generations of both authorities with their fingerprints, and when the next is due."""
    start_django("agency")
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    from honnin.agency.authority.models import IssuingKey
    from honnin.agency.authority.queries import roll_over_by, signs_lists
    from honnin.agency.publication.services import published_keys

    keys, at = IssuingKey.objects.order_by("purpose", "generation"), SystemClock().now()
    named = {key.key_id: name for name, key in published_keys(at).items()}
    newest = {key.purpose: key.generation for key in keys}
    generations = []
    for key in keys:
        certificate = x509.load_der_x509_certificate(bytes(key.certificate))
        generations.append(
            {
                "purpose": key.purpose,
                "generation": key.generation,
                "subject": certificate.subject.rfc4514_string(),
                "serial_number": str(SerialNumber(certificate.serial_number)),
                "not_after": certificate.not_valid_after_utc.isoformat(),
                "key_id": key.key_id,
                "sha256": certificate.fingerprint(SHA256()).hex(),
                "issues": key.generation == newest[key.purpose] and not key.compromise,
                "compromise": key.compromise or None,
                "roll_over_by": roll_over_by(key).isoformat(),
                "in_service": key.key_id in named,
                "list": f"{named[key.key_id]}.crl" if key.key_id in named and signs_lists(key) else None,
            }
        )
    warn_of_standing(SystemClock())
    if as_json:
        print_json(generations)
        return
    for entry in generations:
        say(
            _("{purpose} CA {generation}: {subject}").format(
                **entry | {"purpose": display_name(str(entry["purpose"]))}
            )
        )
        say("  " + _("serial {serial_number}, until {not_after}").format(**entry))
        say("  " + _("key {key_id}").format(**entry))
        say(f"  SHA-256 {entry['sha256']}")
        say(f"  {_service(entry, day_in_japan(at))}")


def _service(entry: Mapping[str, Any], today: date) -> str:
    """What a generation is for on a day."""
    if not entry["in_service"]:
        return _("has ended")
    if entry["compromise"]:
        kind = display_name(entry["compromise"])
        if not entry["list"]:
            return _("its key is compromised ({kind}): issues nothing, and has no list").format(kind=kind)
        words = _("its key is compromised ({kind}): issues nothing, list {list}")
        return words.format(kind=kind, list=entry["list"])
    if not entry["issues"]:
        return _("answers for what it issued, list {list}").format(**entry)
    due = entry["roll_over_by"]
    if today.isoformat() <= due:
        return _("issues, list {list}; roll over by {roll_over_by}").format(**entry)
    return _(
        "issues, list {list}; ROLL OVER NOW: since {roll_over_by} some certificates would outlive it"
    ).format(**entry)


@command.command("rollover")
@click.argument("purpose", required=False, type=click.Choice([purpose.value for purpose in Purpose]))
@click.option(
    "--after",
    type=click.IntRange(1),
    metavar="GENERATION",
    help="Follow this generation, also one that has issued nothing, as when its key has leaked.",
)
@json_fields("published", "generations")
def rollover(purpose: str | None, after: int | None, as_json: bool) -> None:
    """Open the next generation of both authorities, or of one; publish, and sign the journal.

    It has the same name and another key, and alone issues from then on. The generation before answers for
    what it issued until its own certificate ends. Each certifies the key of the other.
    """
    start_django("agency")
    from honnin.agency.authority.rollover import roll_over

    opened = roll_over(
        [Purpose(purpose)] if purpose else list(Purpose), SystemClock(), actor=present_user(), after=after
    )
    for key in opened:
        names = {"purpose": display_name(key.purpose), "generation": key.generation}
        say(_("{purpose} CA {generation} issues now").format(**names), err=True)
    generations = [{"purpose": key.purpose, "generation": key.generation} for key in opened]
    publish_and_sign(as_json=as_json, generations=generations)


@command.command("crl")
@json_fields("published")
def crl(as_json: bool) -> None:
    """Publish new revocation lists now and sign the journal; prints the lists' files.

    The lists are published also when the journal cannot be signed.
    """
    start_django("agency")
    publish_and_sign(as_json=as_json)


@command.group("card-keys")
def card_keys() -> None:
    """The master keys from which the keys of all cards are derived."""


@card_keys.command("show")
@json_fields("custody", "versions")
def show_card_keys(as_json: bool) -> None:
    """Show where the master keys are, their versions with check values, and how many cards have each.

    The last is the newest. A check value tells whether two copies are of the same key, and nothing of the key
    itself.
    """
    start_django("agency")
    from honnin.agency.card_register.queries import CardCount, cards_by_key_version
    from honnin.agency.keys.master_keys import master_keys

    keys, cards = master_keys(), cards_by_key_version()
    there = keys.versions
    versions = [
        {
            "version": f"{version:02X}",
            "check_value": keys.check_value(version).hex().upper() if version in there else None,
            "cards": counted.total,
            "valid_cards": counted.valid,
        }
        for version in sorted({*there, *cards})
        for counted in [cards.get(version, CardCount())]
    ]
    if as_json:
        print_json({"custody": keys.custody.description, "versions": versions})
        return
    say(_("custody: {custody}").format(custody=in_present_language(keys.custody.description)))
    for each in versions:
        known = _("check value {check_value}").format(**each) if each["check_value"] else _("missing")
        line = _("version {version}: {known}, cards: {cards}, valid: {valid_cards}")
        say(line.format(**each, known=known))


@card_keys.command("rotate")
@json_fields("version")
def rotate(*, as_json: bool) -> None:
    """Make a new master key for the cards, the next version; prints its number.

    Each card moves to it when it is next opened. The former versions are kept for cards that were not yet.
    """
    start_django("agency")
    from honnin.agency.keys.master_keys import make_next_version

    version = f"{make_next_version(SystemClock(), actor=present_user()):02X}"
    done(version)
    if as_json:
        print_json({"version": version})
    else:
        say(version)


@card_keys.command("move-to-token")
@json_fields("versions")
def move_to_token(*, as_json: bool) -> None:
    """Bring the master keys from files of the keys folder into the token of HONNIN_CARD_MASTER_KEY_URI.

    Prints the versions that are in the token now, with check values. The files are left for you to take away.
    """
    start_django("agency")
    from django.conf import settings

    from honnin.agency.keys.master_keys import bring_into_token, master_keys

    if settings.HONNIN_CARD_MASTER_KEY_TOKEN is None:
        raise click.UsageError(_("HONNIN_CARD_MASTER_KEY_URI does not say which token"))
    bring_into_token(
        settings.HONNIN_CARD_MASTER_KEY_TOKEN, settings.HONNIN_KEYS, SystemClock(), actor=present_user()
    )
    keys = master_keys()
    versions = [
        {"version": f"{version:02X}", "check_value": keys.check_value(version).hex().upper()}
        for version in keys.versions
    ]
    if as_json:
        print_json({"versions": versions})
        return
    for each in versions:
        say(_("version {version}: check value {check_value}").format(**each))
