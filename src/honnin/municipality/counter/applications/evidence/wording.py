"""The words for documents and their copies."""

from collections.abc import Iterable, Mapping

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.law.counter.identity import IdentityDocument
from honnin.municipality.counter.applications.models import EvidenceCopy
from honnin.municipality.counter.wording import Cell, moment

DOCUMENT = {
    IdentityDocument.NUMBER_CARD: gettext_lazy("My Number Card"),
    IdentityDocument.DRIVING_LICENCE: gettext_lazy("Driving licence"),
    IdentityDocument.DRIVING_RECORD: gettext_lazy("Driving record certificate"),
    IdentityDocument.PASSPORT: gettext_lazy("Passport"),
    IdentityDocument.RESIDENCE_CARD: gettext_lazy("Residence card"),
    IdentityDocument.SPECIAL_PERMANENT_RESIDENT_CERTIFICATE: gettext_lazy(
        "Special permanent resident certificate"
    ),
    IdentityDocument.DISABILITY_CERTIFICATE: gettext_lazy("Disability certificate"),
    IdentityDocument.OTHER_LICENCE: gettext_lazy("Other licence or qualification with a photograph"),
    IdentityDocument.ELECTRONIC_DOCUMENT: gettext_lazy("Identity document shown on a device"),
    IdentityDocument.OTHER_PHOTO_DOCUMENT: gettext_lazy("Other official document with a photograph"),
    IdentityDocument.INQUIRY_ANSWER: gettext_lazy("Answered inquiry form"),
    IdentityDocument.HEALTH_INSURANCE: gettext_lazy("Health insurance certificate"),
    IdentityDocument.PENSION_BOOK: gettext_lazy("Pension book"),
    IdentityDocument.BIRTH_NOTIFICATION: gettext_lazy("Proof of birth notification"),
    IdentityDocument.OTHER_DOCUMENT: gettext_lazy("Other document that the mayor accepts"),
}


WHOSE = {
    EvidenceCopy.Whose.APPLICANT: gettext_lazy("Applicant"),
    EvidenceCopy.Whose.PROXY: gettext_lazy("Proxy"),
    EvidenceCopy.Whose.MANDATE: gettext_lazy("Mandate or proof of agency"),
}


MANDATE = "mandate"


def copy_cells(copies: Iterable[EvidenceCopy], names: Mapping[str, str]) -> list[list[Cell]]:
    """A table row for each copy that was kept, each leading to the copy; `names`: of clerks, by account."""
    return [
        [
            {
                "text": _document_name(copy),
                "url": reverse("counter:evidence_copy", args=[copy.application_id, copy.public_id]),
                "hidden_text": _("show the copy"),
            },
            {"text": WHOSE[EvidenceCopy.Whose(copy.whose)]},
            {"text": f"{moment(copy.copied_at)} {names.get(copy.copied_by, copy.copied_by)}"},
        ]
        for copy in copies
    ]


def _document_name(copy: EvidenceCopy) -> object:
    if copy.whose == EvidenceCopy.Whose.MANDATE:
        return WHOSE[EvidenceCopy.Whose.MANDATE]
    return DOCUMENT[IdentityDocument(copy.document)]
