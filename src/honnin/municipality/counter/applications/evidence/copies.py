"""Copies of documents that were shown: what is accepted as a copy, and keeping it."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from honnin.errors import Malformed, Untrusted
from honnin.municipality.counter.applications.evidence.sealing import content_of, seal
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from honnin.municipality.counter.guards.models import Clerk

LARGEST_COPY = 5 * 1024 * 1024
_SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"%PDF-": "application/pdf"}
_SCAN_OF_JPEG, _END_OF_JPEG, _END_OF_PNG = b"\xff\xda", b"\xff\xd9", b"IEND\xaeB`\x82"


def media_type_of(content: bytes) -> str:
    """JPEG, PNG or PDF, by the content and not by what the sender calls it.

    Raises Malformed E_EVIDENCE_UNREADABLE for anything else, for nothing, and for more than 5 MiB;
    E_EVIDENCE_CUT for one whose end is missing.
    """
    for signature, media_type in _SIGNATURES.items():
        if content.startswith(signature) and len(content) <= LARGEST_COPY:
            if not _has_its_end(content, media_type):
                raise Malformed("E_EVIDENCE_CUT")
            return media_type
    raise Malformed("E_EVIDENCE_UNREADABLE")


def _has_its_end(content: bytes, media_type: str) -> bool:
    """Whether the end of the picture or file is there, as it is not in a scan that was cut off.

    Something may follow it, as cameras write it. No picture is decoded here: whether one can be read is seen
    by whoever looks at it.
    """
    if media_type == "image/jpeg":
        return content.rfind(_END_OF_JPEG) > content.rfind(_SCAN_OF_JPEG)  # a thumbnail ends before the scan
    return (_END_OF_PNG if media_type == "image/png" else b"%%EOF") in content


@dataclass(frozen=True)
class ShownDocument:
    """A document as the clerk entered it: whose it is, what it is, and its copy if one was made."""

    whose: EvidenceCopy.Whose
    document: str
    content: bytes | None = None


def keep_copies(
    application: Application, shown: Iterable[ShownDocument], *, clerk: Clerk, at: datetime
) -> list[EvidenceCopy]:
    """Keep the copies, sealed, and note what was shown (terms 3(2), 3(6)); returns the copies that are new.

    A copy that was sent twice is kept once, and counts, also where one of the kind had been set aside. Must
    run inside the transaction that holds the application.
    """
    new = []
    for item in shown:
        if item.content is not None:
            aside = [
                each for each in application.papers_set_aside if each != paper(item.whose, item.document)
            ]
            application.papers_set_aside = aside
        noted = NOTED.get(item.whose)
        if noted and item.document not in getattr(application, noted):
            getattr(application, noted).append(item.document)
        if item.content is not None and not _is_kept(application, item):
            copy = EvidenceCopy(
                application=application,
                whose=item.whose,
                document=item.document,
                media_type=media_type_of(item.content),
                copied_at=at,
                copied_by=clerk.user_name,
            )
            seal(copy, item.content)
            copy.save()
            new.append(copy)
    application.save()
    return new


def paper(whose: str, document: str) -> str:
    """How an application names a document that was shown or copied for it."""
    return f"{whose}/{document}"


def papers_of(application: Application) -> list[tuple[str, bool]]:
    """Every paper of an application by its name, and whether there is a copy of it."""
    copied = {paper(each.whose, each.document) for each in application.evidence.defer("content")}
    noted = [paper(whose, each) for whose, field in NOTED.items() for each in getattr(application, field)]
    return [(each, each in copied) for each in dict.fromkeys([*noted, *sorted(copied)])]


def _is_kept(application: Application, item: ShownDocument) -> bool:
    """Whether this very copy is there. One that cannot be opened any more is another."""
    for copy in application.evidence.filter(whose=item.whose, document=item.document):
        with suppress(Untrusted):
            if content_of(copy) == item.content:
                return True
    return False


NOTED = {
    EvidenceCopy.Whose.APPLICANT: "identity_documents",
    EvidenceCopy.Whose.PROXY: "proxy_documents",
}
"""By whose documents were shown: the field of the application that says so."""
