"""What is measured: each subject is a title, the limit and the candidate."""

import itertools
from collections.abc import Callable, Iterator
from datetime import date

import django
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from honnin.identifiers import CardNumber, PersonCode

Subject = tuple[str, Callable[[], object], Callable[[], object]]


def subjects() -> Iterator[Subject]:
    """Everything that `make bench` prints, on an installation made for it (HONNIN_HOME must be set)."""
    django.setup()
    from honnin.agency.authority.services import open_authorities
    from honnin.clock import SystemClock
    from honnin.sites.opening import migrate

    migrate()
    open_authorities(SystemClock())
    key = rsa.generate_private_key(65537, 2048)
    content = bytes(900)

    def raw() -> bytes:
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())

    yield "issue: number, lint, sign, record, journal, durable", raw, issuing()
    yield from answering(raw)


def issuing() -> Callable[[], object]:
    """One authentication certificate for a new person, in its own durable transaction."""
    from honnin.agency.card_register.models import Card
    from honnin.agency.issuance.services import Order, issue_in_one_transaction
    from honnin.clock import SystemClock
    from honnin.law.terms import Purpose
    from honnin.simulator.population import MUNICIPALITIES, SPECIMEN
    from honnin.wire.messages.issuance import ApplicationForm

    public_key = rsa.generate_private_key(65537, 2048).public_key()
    numbers = itertools.count()

    def issue() -> object:
        number = next(numbers)
        form = ApplicationForm(
            application_number=f"bench-{number}",
            received_on=date(2026, 1, 1),
            person_code=PersonCode(f"99{number:09d}"),
            name=SPECIMEN.name,
            birth_date=SPECIMEN.birth_date,
            sex=SPECIMEN.sex,
            address=SPECIMEN.address,
            recorded_name=SPECIMEN.name,
            name_flags="0" * len(SPECIMEN.name),
            recorded_address=SPECIMEN.address,
            address_flags="0" * len(SPECIMEN.address),
            prefecture_romaji=MUNICIPALITIES[0].prefecture_romaji,
            municipality_romaji=MUNICIPALITIES[0].romaji,
        )
        card = Card(card_number=CardNumber(f"TEST{number:011d}"), expiry_date=date(2035, 1, 1))
        order = Order(form, card, MUNICIPALITIES[0].code, "bench", SystemClock().now())
        return issue_in_one_transaction(order, {Purpose.USER_AUTHENTICATION: public_key})

    return issue


def answering(raw: Callable[[], object]) -> Iterator[Subject]:
    """OCSP: signed on demand for a nonce, and from the cache; both look the status up in the records."""
    from cryptography import x509
    from django.conf import settings

    from honnin.agency.authority.models import IssuingKey
    from honnin.clock import SystemClock
    from honnin.pkix import ocsp
    from honnin.sites.responder import make_responder

    responder = make_responder(settings.HOME, SystemClock())
    key = IssuingKey.objects.get(purpose="user_authentication")
    issuer = x509.load_der_x509_certificate(bytes(key.certificate))
    serial_numbers = itertools.cycle(range(3, 103))
    requests = [ocsp.request(ocsp.cert_id_of(issuer, number)) for number in range(3, 103)]
    cycle = itertools.cycle(requests)

    def on_demand() -> object:
        cert_id = ocsp.cert_id_of(issuer, next(serial_numbers))
        return responder.answer(ocsp.request(cert_id, b"0123456789abcdef"))

    def cached() -> object:
        return responder.answer(next(cycle))

    yield "OCSP with nonce: look up, sign on demand", raw, on_demand
    yield "OCSP without nonce: look up, answer from the cache", raw, cached
