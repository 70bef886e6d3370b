"""The page at the status service's root: which lists and certificates it hands out, with fingerprints.

For people, in Japanese or English by what their browser says. It is drawn from the files of the publication
folder, of a list from its first octets only, however long it is; no framework and no database are needed.
"""

import gettext
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from itertools import islice
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from honnin.errors import Language, Malformed
from honnin.law.wording import format_instant
from honnin.pkix import der
from honnin.profile.names import PRODUCTION_ORGANISATION

_TIMES = (0x17, 0x18)
_HEAD = 4096  # octets of a list in which its dates stand
_LONGEST_CERTIFICATE = 64 * 1024
_STYLE = """body{margin:0;font:1rem/1.7 "Noto Sans JP","Noto Sans CJK JP",sans-serif;letter-spacing:.02em;
color:#333;background:#f2f2f2}header{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.5rem;
min-height:2.75rem;padding:.5rem 1.5rem;border-bottom:1px solid #949494;background:#fff}header p{margin:0}
.product{margin-inline-end:auto!important;color:#0017c1;font-size:1.25rem;font-weight:700}
.badge{padding:.125rem .5rem;border:1px solid #c74700;border-radius:.5rem;background:#ffeee2;color:#8b3200;
font-size:.875rem;font-weight:700}.languages{display:flex;gap:.25rem 1rem}
.languages span{align-self:center;font-weight:700}
main{max-width:84rem;margin:0 auto;padding:2rem 2.5rem;box-sizing:border-box}
h1{margin:0 0 1.5rem;font-size:2rem;line-height:1.5}
h2{margin:0 0 .5rem;font-size:1.25rem}.panel{margin:1rem 0;padding:1.25rem 1.5rem;border:1px solid #949494;
border-radius:.75rem;background:#fff;overflow-x:auto}
.notice{padding:.5rem 1rem;border:1px solid #c74700;border-radius:.5rem;
background:#ffeee2;color:#8b3200;font-size:.875rem}table{width:100%;border-collapse:collapse}
th,td{padding:.5rem;border-bottom:1px solid #b3b3b3;text-align:left;vertical-align:top;word-break:keep-all}
a{display:inline-block;margin:-.6875rem 0;padding:.6875rem 0;color:#0017c1}
.panel>p:last-child{margin-bottom:0}
code{font-family:"Noto Sans Mono CJK JP",monospace;letter-spacing:0}
@media(max-width:40rem){header{padding:.5rem 1.25rem}main{padding:1.5rem 1.25rem}h1{font-size:1.75rem}
thead{position:absolute;clip-path:inset(50%)}
tr,td,th{display:block;border:0;padding:.125rem 0}tr{padding:.75rem 0;border-bottom:1px solid #b3b3b3}
td::before{content:attr(data-label);display:block;color:#4d4d4d;font-size:.875rem}}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_Translate = Callable[[str], str]


@dataclass(frozen=True)
class Published:
    """A certificate of the folder, or a list with its two dates."""

    name: str
    subject: str
    begin: datetime
    end: datetime
    fingerprint: str = ""
    is_test: bool = True


def overview(folder: Path, language: Language) -> bytes:
    """The page, in UTF-8. A file that cannot be read is left out. Raises OSError for the folder."""
    names = sorted(path.name for path in folder.iterdir())
    certificates = list(_certificates(folder, [name for name in names if name.endswith(".cer")]))
    lists = list(_lists(folder, [name for name in names if name.endswith(".crl")]))
    return _page(certificates, lists, _translation(language), language).encode("utf-8")


def _certificates(folder: Path, names: list[str]) -> Iterator[Published]:
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                certificate = x509.load_der_x509_certificate(file.read(_LONGEST_CERTIFICATE))
            yield Published(
                name,
                _subject(certificate),
                certificate.not_valid_before_utc,
                certificate.not_valid_after_utc,
                certificate.fingerprint(SHA256()).hex(":").upper(),
                _organisation(certificate) != PRODUCTION_ORGANISATION,
            )
        except (OSError, ValueError):
            continue


def _lists(folder: Path, names: list[str]) -> Iterator[Published]:
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                begin, end = _dates(file.read(_HEAD))
            yield Published(name, "", begin, end)
        except (OSError, ValueError, Malformed):
            continue


def _dates(head: bytes) -> tuple[datetime, datetime]:
    """thisUpdate and nextUpdate (RFC 5280 5.1.2) of a list that is cut off behind them.

    Raises ValueError, Malformed for what is no such list.
    """
    start = 0
    for _level in range(2):  # CertificateList, TBSCertList
        if len(head) < start + 2:
            raise ValueError("not a list")
        start += 2 if head[start + 1] < 0x80 else 2 + (head[start + 1] & 0x7F)
    fields = list(islice(der.elements(head[start:]), 5))  # version, signature, issuer, and the two
    if len(fields) < 5 or fields[3].tag not in _TIMES or fields[4].tag not in _TIMES:
        raise ValueError("not a list with both dates")
    begin, end = (_instant(field) for field in fields[3:])
    return begin, end


def _instant(field: der.Element) -> datetime:
    form = "%y%m%d%H%M%SZ" if field.tag == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.strptime(field.content.decode("ascii"), form).replace(tzinfo=UTC)


def _subject(certificate: x509.Certificate) -> str:
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return str(units[0].value) if units else certificate.subject.rfc4514_string()


def _organisation(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return str(names[0].value) if names else ""


@cache
def _translation(language: Language) -> _Translate:
    places = str(Path(__file__).parent / "locale")
    return gettext.translation("django", places, [language], fallback=language == "en").gettext


def _page(certificates: list[Published], lists: list[Published], _: _Translate, language: Language) -> str:
    title, ask = escape(_("Status of certificates")), escape(_("Ask about one certificate (OCSP)"))
    of_lists, of_authorities = escape(_("Revocation lists")), escape(_("Certificates of the authorities"))
    compare = _("Compare a fingerprint with one that came another way before you trust a certificate.")
    service = escape(_("Public personal authentication service"))
    notice = _(
        "This is a test deployment. The certificates have no legal effect, and every person is invented."
    )
    is_test = any(each.is_test for each in certificates) or not certificates
    badge = f'<p class="badge">{escape(_("Test deployment"))}</p>' if is_test else ""
    return f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><header><p class="product">{service}</p>{badge}<p class="languages">{_switch(language)}</p></header>
<main><h1>{title}</h1>
{f'<p class="notice">{escape(notice)}</p>' if is_test else ""}
<section class="panel"><h2>{ask}</h2>
<p><code>POST /ocsp</code>, <code>GET /ocsp/…</code> (RFC 6960)</p></section>
<section class="panel"><h2>{of_lists}</h2>{_list_table(lists, _, language)}</section>
<section class="panel"><h2>{of_authorities}</h2>
<p>{escape(compare)}</p>
{_certificate_table(certificates, _, language)}</section></main></body></html>
"""


def _switch(language: Language) -> str:
    """Both languages; the one that is not there leads to it."""
    return "".join(
        f'<span lang="{each}" aria-current="true">{name}</span>'
        if each == language
        else f'<a href="/?language={each}" lang="{each}">{name}</a>'
        for each, name in (("ja", "日本語"), ("en", "English"))
    )


def _list_table(lists: list[Published], _: _Translate, language: Language) -> str:
    rows = [
        (_link("crl", each.name), _japan(each.begin, language), _japan(each.end, language)) for each in lists
    ]
    return _table(
        (_("File"), _("Issued at"), _("Next issue at the latest")), rows, _("None is published yet.")
    )


def _certificate_table(certificates: list[Published], _: _Translate, language: Language) -> str:
    rows = [
        (
            _link("ca", each.name),
            escape(each.subject),
            _japan(each.end, language),
            f"<code>{each.fingerprint.replace(':', ':<wbr>')}</code>",
        )
        for each in certificates
    ]
    heads = (_("File"), _("Authority"), _("Valid until"), _("Fingerprint (SHA-256)"))
    return _table(heads, rows, _("None is published yet."))


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], nothing: str) -> str:
    if not rows:
        return f"<p>{escape(nothing)}</p>"
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{_cells(heads, row)}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(heads: tuple[str, ...], row: tuple[str, ...]) -> str:
    """The cells, each with the heading above it, which a narrow screen shows beside it."""
    pairs = zip(heads, row, strict=True)
    return "".join(f'<td data-label="{escape(head)}">{cell}</td>' for head, cell in pairs)


def _link(folder: str, name: str) -> str:
    return f'<a href="/{folder}/{escape(name)}">{escape(name)}</a>'


def _japan(instant: datetime, language: Language) -> str:
    """In Japan's time; pages in English name the zone."""
    return format_instant(instant, language) + (" JST" if language == "en" else "")
