"""Answering a login with the card; what a verifier makes of it is tested in the verifier's room."""

from base64 import b64decode

import pytest

from honnin.card.session import CardSession
from honnin.card.slot import KeySlot
from honnin.citizen.login import answer
from honnin.errors import CardError
from tests.citizen import cards
from tests.profile import specimen

ORIGIN = "https://tax.example"


def test_token_has_the_five_fields_of_web_eid() -> None:
    token = answer("bm9uY2U=", ORIGIN, cards.session(), cards.AUTHENTICATION_PIN)
    assert list(token) == ["format", "unverifiedCertificate", "algorithm", "signature", "appVersion"]
    assert (token["format"], token["algorithm"]) == ("web-eid:1.0", "RS256")
    certificate = specimen.encoded(specimen.user_authentication_certificate())
    assert b64decode(token["unverifiedCertificate"], validate=True) == certificate
    assert len(b64decode(token["signature"], validate=True)) == 256


def test_wrong_pin_costs_one_try_and_gives_no_token() -> None:
    session = cards.session()
    with pytest.raises(CardError, match="E_PIN_WRONG") as caught:
        answer("bm9uY2U=", ORIGIN, session, "9999")
    assert caught.value.context["tries_left"] == 2


def test_last_try_is_not_spent_unless_told() -> None:
    session = cards.session()
    for _ in range(2):
        with pytest.raises(CardError, match="E_PIN_WRONG"):
            answer("bm9uY2U=", ORIGIN, session, "9999")
    with pytest.raises(CardError, match="E_PIN_LAST_TRY"):
        answer("bm9uY2U=", ORIGIN, session, cards.AUTHENTICATION_PIN)
    assert answer("bm9uY2U=", ORIGIN, session, cards.AUTHENTICATION_PIN, use_last_try=True)


def test_card_forgets_the_pin_afterwards() -> None:
    session = cards.session()
    answer("bm9uY2U=", ORIGIN, session, cards.AUTHENTICATION_PIN)
    with pytest.raises(CardError, match="E_PIN_REQUIRED"):
        session.sign_sha256(KeySlot.AUTHENTICATION, b"more")


def test_removed_card() -> None:
    _, reader = cards.card()
    reader.remove()
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        answer("bm9uY2U=", ORIGIN, CardSession(reader), cards.AUTHENTICATION_PIN)
