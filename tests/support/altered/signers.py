"""Documents that others signed too: a company, a key for logging in, an authority of the same name."""

from tests.support.altered import contract as c
from tests.support.altered.forgeries import (
    ALTERED,
    CHANGE,
    Case,
    edited,
    once,
    registering,
)
from tests.support.altered.increments import (
    first_free,
    increment,
    replaced,
    source_of,
)
from tests.support.altered.signing import company, signed
from tests.support.pki import specimen
from tests.support.pki.signer import simple_signer

CASES: list[Case] = []
forgery = registering(CASES)


@forgery("E_ISSUER_UNKNOWN")
def _company_alone() -> bytes:
    return signed(c.contract(), "Signature1", signer=company())


@forgery("E_ISSUER_UNKNOWN")
def _company_after_hanako() -> bytes:
    return signed(once(), "Signature2", signer=company())


@forgery("E_ISSUER_UNKNOWN")
def _company_before_hanako() -> bytes:
    return signed(_company_alone(), "Signature2")


@forgery("E_APPEARANCE_CHANGED")
def _company_after_a_changed_look() -> bytes:
    return signed(increment(once(), {c.AMOUNT_LOOK: c.text_look(b"9000")}), "Signature2", signer=company())


@forgery("E_PURPOSE_NOT_ALLOWED")
def _key_for_logging_in() -> bytes:
    signer = simple_signer("holder authentication", specimen.user_authentication_certificate())
    return signed(c.contract(), "Signature1", signer=signer)


@forgery("E_SIGNATURE_BROKEN")
def _authority_of_the_same_name() -> bytes:
    forger = specimen.Authority(specimen.authority("signature").issuer, "a forger's")
    return signed(
        c.contract(), "Signature1", signer=simple_signer(certificate=forger.certify(specimen.signature_tbs()))
    )


@forgery(CHANGE)
def _signature_that_is_nothing_after_hanako() -> bytes:
    pdf = once()
    free = first_free(pdf)
    return increment(
        pdf,
        {
            c.FORM: replaced(source_of(pdf, c.FORM), rb"/Fields \[", b"/Fields [ %d 0 R " % free),
            free: b"<< /FT /Sig /T (Nobody) /V << /Type /Sig /Contents <00> /ByteRange [0 1 2 3] >> >>",
        },
    )


@forgery(ALTERED)
def _octets_of_the_second_signature() -> bytes:
    pdf = signed(once(), "Signature2", signer=company())
    return edited(pdf, pdf.rindex(b"/Adobe.PPKLite"), b"/Adobe.PPKLitE")
