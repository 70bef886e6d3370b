"""The copies of documents that were shown: what is one, and what is kept with it."""

import pytest

from honnin.errors import Malformed, Refused
from honnin.municipality.counter.applications import services
from honnin.municipality.counter.applications.evidence.copies import (
    LARGEST_COPY,
    ShownDocument,
    media_type_of,
)
from honnin.municipality.counter.applications.models import Application, EvidenceCopy
from tests.support.town import LICENCE, PHOTO, Town

pytestmark = pytest.mark.django_db(databases="__all__")

Whose = EvidenceCopy.Whose


@pytest.mark.clause("S4-3.2b", "S4-3.6c")
def test_copies_are_kept_with_their_digest_time_and_clerk(town: Town) -> None:
    mandate = ShownDocument(Whose.MANDATE, "power_of_attorney", b"%PDF-1.7 mandate %%EOF")
    proxys = ShownDocument(Whose.PROXY, "passport", b"\x89PNG\r\n\x1a\n passport IEND\xaeB`\x82")
    application = town.receive(
        town.move_in(), proxy_kind="mandated", proxy_name="代理　太郎", shown=(LICENCE,)
    )
    services.add_evidence(application, (mandate, proxys), clerk=town.clerk(), at=town.clock.now())
    kept = {copy.whose: copy for copy in application.evidence.all()}
    assert {whose: copy.media_type for whose, copy in kept.items()} == {
        "applicant": "image/jpeg",
        "mandate": "application/pdf",
        "proxy": "image/png",
    }
    for copy in kept.values():
        assert (copy.copied_by, copy.copied_at) == ("hanako", town.clock.now())
    application.refresh_from_db()
    assert application.identity_documents == ["driving_licence"]
    assert application.proxy_documents == ["passport"]


@pytest.mark.clause("S4-3.2b")
def test_a_document_that_was_not_copied_does_not_suffice(town: Town) -> None:
    holder = town.holder()
    application = town.receive(holder.resident, shown=(ShownDocument(Whose.APPLICANT, "passport"),))
    with pytest.raises(Refused, match="E_ID_DOC_NOT_RETAINED"):
        services.approve(application, clerk=town.clerk(), at=town.clock.now())
    later = ShownDocument(Whose.APPLICANT, "passport", PHOTO)
    services.add_evidence(application, (later,), clerk=town.clerk(), at=town.clock.now())
    application.refresh_from_db()
    assert application.identity_documents == ["passport"]
    services.approve(application, clerk=town.clerk(), at=town.clock.now())


PICTURE = b"\xff\xd8\xff\xe1 thumbnail \xff\xda..\xff\xd9 \xff\xda picture"


@pytest.mark.clause("S4-3.2b")
@pytest.mark.parametrize(
    "cut",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        PICTURE,
        b"%PDF-1.7\n1 0 obj",
    ],
)
def test_a_copy_that_was_cut_off_counts_for_nothing(town: Town, cut: bytes) -> None:
    shown = (ShownDocument(Whose.APPLICANT, "passport", cut),)
    with pytest.raises(Malformed, match="E_EVIDENCE_CUT"):
        town.receive(town.move_in(), shown=shown)
    assert not EvidenceCopy.objects.exists()


def test_what_cameras_write_behind_a_picture_is_no_fault() -> None:
    assert media_type_of(PICTURE + b"\xff\xd9 trailer") == "image/jpeg"


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg/>", b" \xff\xd8\xff", PHOTO + bytes(LARGEST_COPY)],
    ids=["empty", "GIF", "SVG", "shifted", "too large"],
)
def test_what_is_no_copy_is_refused_and_nothing_of_the_application_kept(town: Town, content: bytes) -> None:
    shown = (LICENCE, ShownDocument(Whose.APPLICANT, "passport", content))
    with pytest.raises(Malformed, match="E_EVIDENCE_UNREADABLE"):
        town.receive(town.move_in(), shown=shown)
    assert not Application.objects.exists()
    assert not EvidenceCopy.objects.exists()
