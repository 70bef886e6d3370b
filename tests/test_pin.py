"""A PIN shows itself to nobody by accident, and goes to the card as it is."""

import logging
from dataclasses import dataclass

import pytest

from honnin.card.kinds.declaration import KeySlot, kind
from honnin.errors import CardError, HonninError
from honnin.law.cards.pins import PinKind, normalise_pin
from honnin.pin import Pin

SECRET = Pin("ABC123")
HIDDEN = "Pin(…)"


@dataclass(frozen=True)
class Holding:
    pin: Pin


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET:>20}",
        f"{SECRET!r}",
        "{}".format(SECRET),  # noqa: UP032 - the way of translated sentences
        "%s" % SECRET,  # noqa: UP031 - the way of logs
        repr([SECRET]),
        repr({"pin": SECRET}),
        repr(Holding(SECRET)),
        str(HonninError("E_PIN_FORMAT", pin=SECRET)),
        str(ValueError(SECRET)),
    ],
)
def test_no_way_of_writing_a_pin_down_shows_it(shown: str) -> None:
    assert HIDDEN in shown
    assert "ABC" not in shown
    assert "123" not in shown


def test_a_log_shows_none(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("honnin").warning("refused %s of %r", SECRET, Holding(SECRET))
    assert caplog.messages == [f"refused {HIDDEN} of Holding(pin={HIDDEN})"]


def test_an_error_of_its_form_shows_none() -> None:
    form = kind("number-card").slots[KeySlot.SIGNATURE].pin
    with pytest.raises(CardError) as refused:
        form.encoded(Pin("SHORT"))
    assert "SHORT" not in f"{refused.value} {refused.value.sentence()} {refused.value.context}"


def test_it_goes_to_the_card_as_it_is() -> None:
    assert kind("number-card").slots[KeySlot.SIGNATURE].pin.encoded(SECRET) == b"ABC123"
    assert SECRET.encode() == b"ABC123"
    assert (type(SECRET.text), SECRET.text) == (str, "ABC123")
    assert SECRET == "ABC123"


@pytest.mark.parametrize("typed", ["ABC123", "abc123", "ＡＢＣ１２３", "aＢc１2３"])
def test_what_was_typed_becomes_one_and_the_same(typed: str) -> None:
    pin = normalise_pin(typed, PinKind.SIGNATURE)
    assert (type(pin), pin) == (Pin, SECRET)


def test_a_pin_of_a_pin_is_that_pin() -> None:
    assert Pin(SECRET) == SECRET
    assert Pin(SECRET).text == "ABC123"
