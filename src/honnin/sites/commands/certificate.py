"""`honnin certificate …`: look at a certificate, or check it now."""

import sys
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from honnin.card.slot import KeySlot
from honnin.card.state import LONGEST_CARD, CardState
from honnin.files import read_file
from honnin.law.terms import Purpose
from honnin.pkix.certificate import load
from honnin.pkix.path import authority_key_identifier
from honnin.sites.commands.options import (
    ask_pin,
    inserted_card,
    json_option,
    last_try_option,
    pin_option,
    present_language,
    print_json,
    require_writable,
    signature_pin_prompt,
    source_argument,
)
from honnin.sites.commands.trust import certificate_verifier, trust_options

_LONGEST_FILE = 1024 * 1024
LABELS = {
    "subject": "主体者",
    "issuer": "発行者",
    "issuer_key_id": "発行者の鍵の識別子",
    "serial_number": "発行の番号",
    "not_before": "有効期間の始まり",
    "not_after": "有効期間の終わり",
    "purpose": "用途",
}
PURPOSES = {Purpose.SIGNATURE: "署名用", Purpose.USER_AUTHENTICATION: "利用者証明用"}
GOOD = {"ja": "有効です", "en": "good"}

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
@json_option
def show(source: str, slot: str, pin_fd: int | None, use_last_try: bool, as_json: bool) -> None:
    """Show a certificate; the signature certificate on a card needs its PIN."""
    facts = _facts(load(_encoded(source, KeySlot(slot), pin_fd, use_last_try=use_last_try)))
    if as_json:
        print_json(facts)
        return
    japanese = present_language() == "ja"
    for name, value in facts.items():
        said = (PURPOSES.get(value, value) if japanese else value) or "–"
        click.echo(f"{LABELS[name] if japanese else name}: {said}")


@command.command("check")
@source_argument
@slot_option
@pin_option
@last_try_option
@trust_options
def check(
    source: str,
    slot: str,
    pin_fd: int | None,
    use_last_try: bool,
    authorities: tuple[Path, ...],
    lists: tuple[Path, ...],
    ocsp: str | None,
) -> None:
    """Check path, policy, key usage, validity and status now; exits 6 unless all is good."""
    from honnin.clock import SystemClock

    encoded = _encoded(source, KeySlot(slot), pin_fd, use_last_try=use_last_try)
    verifier = certificate_verifier(authorities, lists, ocsp, SystemClock())
    certificate = load(encoded)
    if _purpose(certificate) is Purpose.USER_AUTHENTICATION:
        verifier.verify_authentication_certificate(encoded)
    else:
        verifier.verify_signature_certificate(encoded)
    good = click.style(GOOD[present_language()], fg="green")
    click.echo(f"{certificate.serial_number:08X}: {good}")


@command.command("export")
@source_argument
@slot_option
@pin_option
@last_try_option
@click.option("--form", type=click.Choice(["pem", "der"]), default="pem", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write, instead of stdout."
)
def export(
    source: str, slot: str, pin_fd: int | None, use_last_try: bool, form: str, out: Path | None
) -> None:
    """Write a certificate out as PEM or DER, for other programs; the signature certificate needs its PIN."""
    if form == "der" and out is None and sys.stdout.isatty():
        raise click.UsageError("DER is not for a terminal: name a file with --out, or pipe it into a program")
    if out is not None:
        require_writable(out)
    certificate = load(_encoded(source, KeySlot(slot), pin_fd, use_last_try=use_last_try))
    encoded = certificate.public_bytes(Encoding.DER if form == "der" else Encoding.PEM)
    if out is None:
        click.echo(encoded, nl=False)
    else:
        out.write_bytes(encoded)


def _encoded(source: str, slot: KeySlot, pin_fd: int | None, *, use_last_try: bool) -> bytes:
    path = Path(source)
    if path.is_file() and not _is_card(path):
        content = read_file(path, _LONGEST_FILE)
        if b"-----BEGIN" in content:
            return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        return content
    with inserted_card(source) as session:
        if slot is KeySlot.SIGNATURE:
            pin = ask_pin(signature_pin_prompt(), pin_fd)
            session.verify_pin(slot, pin, use_last_try=use_last_try)
        certificate: bytes = session.read_certificate(slot)
        return certificate


def _is_card(path: Path) -> bool:
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
        "serial_number": f"{certificate.serial_number:08X}",
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "purpose": _purpose(certificate),
    }


def _purpose(certificate: x509.Certificate) -> Purpose:
    """By the key usage of the profile: only a signature certificate may be used for content commitment."""
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    return Purpose.SIGNATURE if usage.content_commitment else Purpose.USER_AUTHENTICATION
