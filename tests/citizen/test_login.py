"""Answering a login with the card; what a verifier makes of it is tested in the verifier's room."""

from base64 import b64decode, b64encode

import pytest

from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.citizen.login import answer, checked_nonce
from honnin.errors import CardError, Malformed
from honnin.pin import Pin
from tests.support.pki import cards, specimen

ORIGIN = "https://tax.example"
NONCE = b64encode(bytes(32)).decode("ascii")


@pytest.mark.clause("S1-E1.2", "S2-1.2")
def test_token_has_the_five_fields_of_web_eid() -> None:
    token = answer(NONCE, ORIGIN, cards.session(), Pin(cards.AUTHENTICATION_PIN))
    assert list(token) == ["format", "unverifiedCertificate", "algorithm", "signature", "appVersion"]
    assert (token["format"], token["algorithm"]) == ("web-eid:1.0", "RS256")
    certificate = specimen.encoded(specimen.user_authentication_certificate())
    assert b64decode(token["unverifiedCertificate"], validate=True) == certificate
    assert len(b64decode(token["signature"], validate=True)) == 256


def test_wrong_pin_costs_one_try_and_gives_no_token() -> None:
    session = cards.session()
    with pytest.raises(CardError, match="E_PIN_WRONG") as caught:
        answer(NONCE, ORIGIN, session, Pin("9999"))
    assert caught.value.context["tries_left"] == 2


def test_last_try_is_not_spent_unless_told() -> None:
    session = cards.session()
    for _ in range(2):
        with pytest.raises(CardError, match="E_PIN_WRONG"):
            answer(NONCE, ORIGIN, session, Pin("9999"))
    with pytest.raises(CardError, match="E_PIN_LAST_TRY"):
        answer(NONCE, ORIGIN, session, Pin(cards.AUTHENTICATION_PIN))
    assert answer(NONCE, ORIGIN, session, Pin(cards.AUTHENTICATION_PIN), use_last_try=True)


def test_card_forgets_the_pin_afterwards() -> None:
    session = cards.session()
    answer(NONCE, ORIGIN, session, Pin(cards.AUTHENTICATION_PIN))
    with pytest.raises(CardError, match="E_PIN_REQUIRED"):
        session.sign_sha256(KeySlot.AUTHENTICATION, b"more")


@pytest.mark.parametrize(
    "nonce",
    [b64encode(bytes(32)).decode("ascii"), "a" * 44, "-_" * 64, "a" * 126 + "==", "0" * 128],
    ids=["32 octets", "44", "128 of base64url", "padded", "hexadecimal"],
)
def test_challenges_that_are_answered(nonce: str) -> None:
    assert checked_nonce(nonce) == nonce
    assert answer(nonce, ORIGIN, cards.session(), Pin(cards.AUTHENTICATION_PIN))


@pytest.mark.parametrize(
    "nonce",
    ["", "bm9uY2U=", "a" * 43, "a" * 129, "a" * 44 + "\n", "a" * 43 + " ", "a" * 43 + "é", "a" * 42 + "==="],
)
def test_short_or_strange_challenge_is_refused_before_the_pin_is_tried(nonce: str) -> None:
    session = cards.session()
    with pytest.raises(Malformed, match="E_CHALLENGE_MALFORMED"):
        answer(nonce, ORIGIN, session, Pin("9999"))
    session.select_jpki()
    assert session.tries_left(KeySlot.AUTHENTICATION) == 3


def test_removed_card() -> None:
    _, reader = cards.card()
    reader.remove()
    with pytest.raises(CardError, match="E_CARD_REMOVED"):
        answer(NONCE, ORIGIN, CardSession(reader), Pin(cards.AUTHENTICATION_PIN))
