"""`honnin certificate …`: look at a certificate, or check it now."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from honnin.card.chip.state import LONGEST_CARD, CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.cli.terminal.cards import card_file, inserted_card, source_argument
from honnin.cli.terminal.options import (
    given,
    json_fields,
    last_try_option,
    naming,
    pin_option,
    present_language,
    print_json,
    refuse,
    require_writable,
)
from honnin.cli.terminal.output import STDOUT, is_stdout, write
from honnin.cli.terminal.streams import done, say
from honnin.cli.terminal.trust import certificate_verifier, trust_options
from honnin.cli.terminal.typed import ask_pin, signature_pin_prompt
from honnin.cli.terminal.words import _, display_name, named
from honnin.cli.terminal.wrong import Wrong
from honnin.errors import CardError, HonninError, Malformed, Unavailable, Untrusted
from honnin.files import read_file
from honnin.identifiers import SerialNumber
from honnin.law.terms import Purpose
from honnin.pkix.armour import certificates_in
from honnin.pkix.certificate import load
from honnin.pkix.path import authority_key_identifier
from honnin.translation import message, pgettext
from honnin.verifier.certificate import CertificateVerifier

_LONGEST_FILE = 1024 * 1024
LABELS = {
    "subject": message("subject"),
    "issuer": message("issuer"),
    "issuer_key_id": message("issuer_key_id"),
    "serial_number": message("serial_number"),
    "not_before": message("not_before"),
    "not_after": message("not_after"),
    "purpose": message("purpose"),
}
AUTHORITY, RESPONDER = "certification_authority", "status_service"

slot_option = click.option(
    "--slot", type=click.Choice([slot.value for slot in KeySlot]), default="authentication", show_default=True
)


@click.group()
def command() -> None:
    """Certificates in files and on cards."""


@command.command("show")
@source_argument
@slot_option
@pin_option
@last_try_option
@json_fields(*LABELS)
def show(source: str, as_json: bool, **card: Any) -> None:
    """Show a certificate; the signature certificate on a card needs its PIN."""
    facts = _facts(_certificate(source, **card))
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        shown = display_name(value) if name == "purpose" and value else value
        say(named(_(LABELS[name]), str(shown or "–")))


@command.command("check")
@source_argument
@slot_option
@pin_option
@last_try_option
@trust_options
@json_fields("result", "code", *LABELS)
def check(
    source: str,
    authorities: tuple[Path, ...],
    lists: tuple[Path, ...],
    ocsp: str | None,
    as_json: bool,
    **card: Any,
) -> None:
    """Check path, policy, key usage, validity and status now; exits 6 unless all is good."""
    from honnin.clock import SystemClock

    certificate = _certificate(source, **card)
    verifier = certificate_verifier(authorities, lists, ocsp, SystemClock())
    try:
        _verify(certificate, verifier)
    except (Malformed, Untrusted, Unavailable) as error:
        if as_json:
            print_json(_verdict(certificate, error))
        raise
    if as_json:
        print_json(_verdict(certificate, None))
    else:
        say(named(str(SerialNumber(certificate.serial_number)), ""), nl=False)
        say(pgettext("a certificate", "good", present_language()), fg="green")


def _verify(certificate: x509.Certificate, verifier: CertificateVerifier) -> None:
    encoded = certificate.public_bytes(Encoding.DER)
    purpose = _purpose(certificate)
    if purpose in (AUTHORITY, RESPONDER):
        raise Untrusted("E_CERT_NOT_OF_HOLDER")
    if purpose is Purpose.USER_AUTHENTICATION:
        verifier.verify_authentication_certificate(encoded)
    else:
        verifier.verify_signature_certificate(encoded)


@command.command("export")
@source_argument
@slot_option
@pin_option
@last_try_option
@click.option("--form", type=click.Choice(["pem", "der"]), default="pem", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write, instead of stdout."
)
@json_fields("file", "form", *LABELS)
def export(source: str, form: str, out: Path | None, *, as_json: bool, **card: Any) -> None:
    """Write a certificate out as PEM or DER, for other programs; the signature certificate needs its PIN."""
    target = Path(STDOUT) if out is None else out
    wrong = Wrong()
    if as_json and is_stdout(target):
        problem = _("--json prints to stdout: name a file for the certificate with --out")
        wrong.note(click.UsageError(problem))
    if form == "der" and is_stdout(target) and sys.stdout.isatty():
        problem = _("DER is not for a terminal: name a file with --out, or pipe it into a program")
        wrong.note(click.UsageError(problem))
    if not is_stdout(target):
        wrong.unless(lambda: require_writable(target))
    wrong.require_none()
    certificate = _certificate(source, **card)
    write(target, certificate.public_bytes(Encoding.DER if form == "der" else Encoding.PEM))
    if as_json:
        done(str(target))
        print_json({"file": str(target), "form": form, **_facts(certificate)})


def _verdict(certificate: x509.Certificate, error: HonninError | None) -> dict[str, Any]:
    result = "good" if error is None else "not_now" if isinstance(error, Unavailable) else "not_good"
    return {"result": result, "code": error and error.code, **_facts(certificate)}


def _certificate(source: str, *, slot: str, pin_fd: int | None, use_last_try: bool) -> x509.Certificate:
    """The first certificate of a file, or the one of a card's slot."""
    path, key_slot = Path(source), KeySlot(slot)
    if os.path.exists(path) and not path.is_dir() and not _is_card(path):  # noqa: PTH110 – a name may be none
        refuse(given("slot", "pin_fd", "use_last_try"), _("{file} is no card").format(file=path))
        with naming(path):
            return certificates_in(read_file(path, _LONGEST_FILE))[0]
    if key_slot is not KeySlot.SIGNATURE:
        refuse(
            given("pin_fd", "use_last_try"),
            _("only the signature certificate (--slot signature) takes a PIN"),
        )
    with _card(source) as session:
        if key_slot is KeySlot.SIGNATURE:
            session.require_usable(key_slot)
            pin = ask_pin(signature_pin_prompt(), pin_fd)
            session.verify_pin(key_slot, pin, use_last_try=use_last_try)
        return load(session.read_certificate(key_slot))


@contextmanager
def _card(source: str) -> Iterator[Any]:
    """A session with the card of that name. Raises, named, Malformed E_SOURCE_MISSING and E_SOURCE_FOLDER."""
    try:
        card_file(source)
    except CardError as error:
        if error.code == "E_CARD_FILE_MISSING":
            missing: HonninError = Malformed("E_SOURCE_MISSING")
        elif os.path.isdir(source):  # noqa: PTH112 – a name may be none
            missing = Malformed("E_SOURCE_FOLDER")
        else:
            raise
        with naming(source):
            raise missing from error
    with inserted_card(source) as session:
        yield session


def _is_card(path: Path) -> bool:
    if not path.is_file():  # a pipe can be read once only
        return False
    try:
        CardState.from_json(read_file(path, LONGEST_CARD))
    except Exception:  # whatever it is, it is not a card
        return False
    return True


def _facts(certificate: x509.Certificate) -> dict[str, Any]:
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        # Which generation: all of an issuer have one name.
        "issuer_key_id": (authority_key_identifier(certificate) or b"").hex() or None,
        "serial_number": str(SerialNumber(certificate.serial_number)),
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "purpose": _purpose(certificate),
    }


def _purpose(certificate: x509.Certificate) -> str | None:
    """By basic constraints and key usages, as the profile has them; None where they name no use of ours."""
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    extended = _extension(certificate, x509.ExtendedKeyUsage) or ()
    if (constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign):
        return AUTHORITY
    if ExtendedKeyUsageOID.OCSP_SIGNING in extended:
        return RESPONDER
    if usage is not None and usage.content_commitment:
        return Purpose.SIGNATURE
    if usage is not None and usage.digital_signature and ExtendedKeyUsageOID.CLIENT_AUTH in extended:
        return Purpose.USER_AUTHENTICATION
    return None


def _extension(certificate: x509.Certificate, kind: type[Any]) -> Any:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
