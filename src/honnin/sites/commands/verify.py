"""`honnin verify`: is this PDF signed, by whom, and unchanged?"""

from pathlib import Path
from typing import Any

import click

from honnin.files import LONGEST_DOCUMENT, read_file
from honnin.law.era import format_era_date
from honnin.law.terms import Sex
from honnin.sites.commands.options import json_option, present_language, print_json
from honnin.sites.commands.trust import certificate_verifier, trust_options

LABELS = {
    "name": {"ja": "氏名", "en": "name"},
    "address": {"ja": "住所", "en": "address"},
    "birth_date": {"ja": "生年月日", "en": "birth date"},
    "sex": {"ja": "性別", "en": "sex"},
    "serial_number": {"ja": "発行の番号", "en": "serial number"},
    "issuer": {"ja": "発行者", "en": "issuer"},
    "claimed_signing_time": {"ja": "署名時刻（署名者の申告）", "en": "signed at (as the signer says)"},
}
SEX = {
    Sex.MALE: {"ja": "男", "en": "male"},
    Sex.FEMALE: {"ja": "女", "en": "female"},
    Sex.UNKNOWN: {"ja": "不明", "en": "unknown"},
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@trust_options
@json_option
def command(
    file: Path, authorities: tuple[Path, ...], lists: tuple[Path, ...], ocsp: str | None, as_json: bool
) -> None:
    """Check every signature of a PDF and show who signed; exits 6 unless all are good now.

    Path, policy, key usage and status are checked. Without a source of status nothing is called good.
    """
    from honnin.clock import SystemClock
    from honnin.verifier.document import DocumentVerifier

    verifier = DocumentVerifier(certificate_verifier(authorities, lists, ocsp, SystemClock()))
    document = verifier.verify(read_file(file, LONGEST_DOCUMENT))
    signatures = [_told(signature) for signature in document.signatures]
    if as_json:
        print_json({"signatures": signatures, "modified_after": document.modified_after})
        return
    language = present_language()
    good = {
        "ja": "署名は有効です。文書は署名の後に変更されていません。",
        "en": "Good. The document is as it was signed.",
    }
    grown = {
        "ja": "署名は有効ですが、署名の後に追記があります。",
        "en": "Good, but something was added after the signature.",
    }
    click.echo((grown if document.modified_after else good)[language])
    for signature in signatures:
        for label, words in LABELS.items():
            click.echo(f"  {words[language]}: {signature[label]}")


def _told(signature: Any) -> dict[str, str]:
    four, certificate = signature.holder.basic_four, signature.holder.certificate
    time = signature.claimed_signing_time
    return {
        "name": four.name,
        "address": four.address,
        "birth_date": f"{four.birth_date.isoformat()} ({format_era_date(four.birth_date)})",
        "sex": SEX[four.sex][present_language()],
        "serial_number": f"{certificate.serial_number:08X}",
        "issuer": certificate.issuer.rfc4514_string(),
        "claimed_signing_time": time.isoformat() if time else "–",
    }
