"""What honest people do with a signed document, and what signers allow of it."""

import io
from collections.abc import Callable
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.validation.dss import DocumentSecurityStore

from tests.support.altered import contract as c
from tests.support.altered.alterations import ALL
from tests.support.altered.forgeries import Case, once, registering
from tests.support.altered.increments import increment, replaced, source_of
from tests.support.altered.packed import packed
from tests.support.altered.signing import PADES, apart, company, hanako, signed, time_stamped

NOT_PERMITTED, LOOK, APPEARANCE = "E_CHANGE_NOT_PERMITTED", "E_DOCUMENT_CHANGED", "E_APPEARANCE_CHANGED"
BOX = (300, 300, 400, 340)
CASES: list[Case] = []


honest = registering(CASES)


def changed(name: str, pdf: bytes) -> bytes:
    """The file after one of the alterations."""
    (alteration,) = (each for each in ALL if each.name == name)
    return alteration.change(pdf)


def written(pdf: bytes, work: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    work(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_field(pdf: bytes, name: str, **choice: object) -> bytes:
    spec = fields.SigFieldSpec(name, **choice)  # type: ignore[arg-type]
    return written(pdf, lambda writer: fields.append_signature_field(writer, spec))


def with_validation_data(pdf: bytes) -> bytes:
    """Certificates for those who verify later, as pyHanko stores them."""
    out = io.BytesIO(pdf)
    apart(
        lambda: DocumentSecurityStore.add_dss(
            output_stream=out, sig_contents=None, certs=[hanako().signing_cert, company().signing_cert]
        )
    )
    return out.getvalue()


@honest("")
def _signed_once() -> bytes:
    return once()


@honest("")
def _signed_twice() -> bytes:
    return signed(once(), "Signature2")


@honest("")
def _signed_three_times() -> bytes:
    return signed(_signed_twice(), "Signature3")


@honest(LOOK)
def _signed_in_the_fields_that_were_prepared() -> bytes:
    return signed(signed(c.contract(), "Citizen"), "Company")


@honest(LOOK)
def _prepared_field_after_an_unseen_one() -> bytes:
    return signed(once(), "Citizen")


@honest("")
def _signed_with_a_stamp() -> bytes:
    return signed(c.contract(), "Signature1", box=BOX)


@honest(LOOK)
def _stamp_of_a_second_signer_where_no_field_was() -> bytes:
    return signed(once(), "Signature2", box=BOX)


@honest("")
def _filled_in_before_signing() -> bytes:
    return signed(changed("text filled in", c.contract()), "Signature1")


@honest(LOOK)
def _filled_in_between() -> bytes:
    return signed(changed("text filled in", once()), "Signature2")


@honest(LOOK)
def _filled_in_twice() -> bytes:
    return changed("box ticked", changed("text filled in", once()))


@honest("")
def _time_stamped() -> bytes:
    return time_stamped(once())


@honest("")
def _time_stamped_twice_with_validation_data() -> bytes:
    return time_stamped(with_validation_data(time_stamped(once())))


@honest("")
def _validation_data() -> bytes:
    return with_validation_data(once())


@honest("E_NOT_SIGNED")
def _time_stamp_without_a_signature() -> bytes:
    return time_stamped(c.contract())


@honest("")
def _signed_after_a_time_stamp() -> bytes:
    return signed(time_stamped(once()), "Signature2")


@honest("")
def _empty_field_for_the_next_signer() -> bytes:
    return with_field(once(), "Later")


@honest(LOOK)
def _empty_box_for_the_next_signer() -> bytes:
    return with_field(once(), "Later", box=BOX)


@honest("")
def _field_and_signature_in_two_steps() -> bytes:
    return signed(with_field(once(), "Later"), "Later")


@honest("")
def _new_lines_after_the_end() -> bytes:
    return once() + b"\r\n\n"


@honest("")
def _few_zeros_after_the_end() -> bytes:
    return once() + bytes(200)


@honest("")
def _zeros_that_were_there_before_signing() -> bytes:
    return signed(c.contract() + bytes(900), "Signature1")


@honest("")
def _zeros_before_signing_and_a_second_signature() -> bytes:
    return signed(_zeros_that_were_there_before_signing(), "Signature2")


@honest("")
def _end_marked_twice() -> bytes:
    return once() + b"%%EOF\n"


@honest("E_CHANGE_UNCLEAR")
def _so_many_zeros_after_the_end_that_readers_do_not_find_it() -> bytes:
    return once() + bytes(1500)


@honest("E_CHANGE_UNCLEAR")
def _so_many_lines_after_the_end_that_readers_do_not_find_it() -> bytes:
    return once() + b"\n" * 1100


@honest("")
def _packed_contract_signed_twice() -> bytes:
    return signed(packed(), "Signature2")


@honest("")
def _protected_against_changes_by_a_password_of_the_owner() -> bytes:
    return _encrypted_and_signed()


@honest("")
def _protected_and_signed_twice() -> bytes:
    return _sign_encrypted(_encrypted_and_signed(), "Signature2")


def _encrypted_and_signed() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(c.contract())))
    writer.encrypt(owner_pass="secret", user_pass="")
    out = io.BytesIO()
    writer.write(out)
    return _sign_encrypted(out.getvalue(), "Signature1")


def _sign_encrypted(pdf: bytes, field: str) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.encrypt("")
    metadata = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=PADES)
    out: io.BytesIO = apart(lambda: signers.PdfSigner(metadata, hanako()).sign_pdf(writer))
    return out.getvalue()


HYBRID = Path(__file__).with_name("hybrid.pdf").read_bytes()
"""A file with a table for old readers and one for new ones, as Word writes it."""


@honest("")
def _signed_as_word_writes() -> bytes:
    return signed(HYBRID, "Signature1", strict=False)


@honest("")
def _signed_twice_as_word_writes() -> bytes:
    return signed(_signed_as_word_writes(), "Signature2", strict=False)


@honest("E_DOCUMENT_ALTERED")
def _altered_as_word_writes() -> bytes:
    return _signed_as_word_writes().replace(b"/MediaBox", b"/MediaBoy", 1)


# Signers who say what may happen afterwards.


def certified(level: fields.MDPPerm, pdf: bytes | None = None, field: str = "Signature1") -> bytes:
    return signed(pdf or c.contract(), field, certify=True, docmdp_permissions=level)


def locked(action: fields.FieldMDPAction, names: list[str] | None = None) -> bytes:
    """Signed in a field that locks others."""
    lock = fields.FieldMDPSpec(action, names)
    return signed(with_field(c.contract(), "Lock", field_mdp_spec=lock), "Lock")


_NOTHING, _FORMS, _NOTES = fields.MDPPerm.NO_CHANGES, fields.MDPPerm.FILL_FORMS, fields.MDPPerm.ANNOTATE


@honest("")
def _certified() -> bytes:
    return certified(_NOTHING)


@honest(NOT_PERMITTED)
def _certified_for_ever_and_filled_in() -> bytes:
    return changed("text filled in", certified(_NOTHING))


@honest(NOT_PERMITTED)
def _certified_for_ever_and_a_note() -> bytes:
    return changed("note added", certified(_NOTHING))


@honest("")
def _certified_for_ever_and_time_stamped() -> bytes:
    return time_stamped(with_validation_data(certified(_NOTHING)))


@honest(LOOK)
def _certified_with_forms_and_filled_in() -> bytes:
    return changed("text filled in", certified(_FORMS))


@honest("")
def _certified_with_forms_and_signed() -> bytes:
    return signed(certified(_FORMS), "Signature2")


@honest(NOT_PERMITTED)
def _certified_with_forms_and_a_note() -> bytes:
    return changed("text laid over a page", certified(_FORMS))


@honest(APPEARANCE)
def _certified_with_forms_and_another_look() -> bytes:
    return changed("look of a text field", certified(_NOTES))


@honest(LOOK)
def _certified_with_notes_and_a_note() -> bytes:
    return changed("note added", certified(_NOTES))


@honest(LOOK)
def _certified_with_notes_and_a_laid_over_text() -> bytes:
    return changed("text laid over a page", certified(_NOTES))


@honest("E_CHANGE_UNCLEAR")
def _certified_with_notes_and_another_page() -> bytes:
    return changed("page content", certified(_NOTES))


@honest(LOOK)
def _certified_with_forms_and_a_stamp_over_the_page() -> bytes:
    return signed(certified(_FORMS), "Signature2", box=(90, 750, 300, 790))


@honest(NOT_PERMITTED)
def _all_fields_locked_and_one_filled_in() -> bytes:
    return changed("text filled in", locked(fields.FieldMDPAction.ALL))


@honest(NOT_PERMITTED)
def _locked_field_filled_in() -> bytes:
    return changed("text filled in", locked(fields.FieldMDPAction.INCLUDE, ["Amount"]))


@honest(LOOK)
def _field_filled_in_beside_a_locked_one() -> bytes:
    return changed("box ticked", locked(fields.FieldMDPAction.INCLUDE, ["Amount"]))


@honest(LOOK)
def _field_that_is_excepted_from_a_lock() -> bytes:
    return changed("text filled in", locked(fields.FieldMDPAction.EXCLUDE, ["Amount"]))


@honest(NOT_PERMITTED)
def _field_that_is_not_excepted_from_a_lock() -> bytes:
    return changed("box ticked", locked(fields.FieldMDPAction.EXCLUDE, ["Amount"]))


# Looks of signatures.


def _stamped() -> bytes:
    return signed(c.contract(), "Citizen")


@honest(APPEARANCE)
def _look_of_a_signature() -> bytes:
    pdf = _stamped()
    new = c.look(b"BT /Helv 10 Tf 2 5 Td (Somebody else) Tj ET")
    reader = PdfFileReader(io.BytesIO(pdf))
    raw = generic.IndirectObject(c.CITIZEN, 0, reader).get_object()["/AP"].raw_get("/N")
    return increment(pdf, {raw.idnum: new})


@honest(APPEARANCE)
def _place_of_a_signature() -> bytes:
    pdf = _stamped()
    moved = replaced(source_of(pdf, c.CITIZEN), rb"/Rect \[ ?100", b"/Rect [ 90")
    return increment(pdf, {c.CITIZEN: moved})
