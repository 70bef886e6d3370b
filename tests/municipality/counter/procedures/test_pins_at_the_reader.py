"""PINs at the counter: badly formed ones are refused before all else, good ones go to the card only."""

from unicodedata import normalize

import pytest

from honnin.agency.records.models import IssuanceRecord
from honnin.card.kinds.declaration import KeySlot
from honnin.errors import CardError, Refused
from honnin.law.terms import Purpose
from honnin.pin import Pin
from honnin.simulator.brought import AUTHENTICATION, PINS
from honnin.simulator.holder import PulledAfter
from tests.support.databases.contents import everything_in_every_database
from tests.support.town import Holder, Town

pytestmark = pytest.mark.django_db(databases="__all__")

BAD_SIGNATURE = {
    "none": "",
    "too short": "ABC12",
    "too long": "A1" * 8 + "B",
    "letters only": "ABCDEF",
    "digits only": "123456",
    "a space": "ABC 123",
    "a sign": "ABC-123",
    "kana": "あいう123",
    "ß, which upper() doubles": "ßABC12",
    "ſ, which upper() makes an S": "ſABC12",
    "NUL": "ABC12\0",
}
BAD_AUTHENTICATION = {
    "none": "",
    "too short": "123",
    "too long": "12345",
    "letters": "12AB",
    "Arabic digits": "١٢٣٤",
    "superscript": "12³4",
    "a space": "123 ",
    "a sign": "-123",
}


@pytest.mark.parametrize(
    ("purpose", "pin"),
    [
        *((Purpose.SIGNATURE, pin) for pin in BAD_SIGNATURE.values()),
        *((Purpose.USER_AUTHENTICATION, pin) for pin in BAD_AUTHENTICATION.values()),
    ],
    ids=[*(f"signature: {name}" for name in BAD_SIGNATURE), *(f"auth: {n}" for n in BAD_AUTHENTICATION)],
)
def test_a_badly_formed_pin_is_refused_before_anything_happens(
    town: Town, purpose: Purpose, pin: str
) -> None:
    holder = town.holder()
    application = town.approved(holder.resident)
    before = holder.card.state
    reader = CountingReader(holder)
    with pytest.raises(Refused, match="E_PIN_FORMAT") as refused:
        town.issue(application, reader, PINS | {purpose: Pin(pin)})
    assert (reader.commands, holder.card.state) == (0, before)
    assert not IssuanceRecord.objects.filter(person_code=holder.code).exists()
    assert not pin or pin not in str(refused.value)


class CountingReader:
    """A reader that counts what is sent to its card."""

    def __init__(self, holder: Holder) -> None:
        self._reader, self.commands = holder.reader(), 0

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        return self._reader.transmit(command)


def test_both_badly_formed_pins_are_named_at_once(town: Town) -> None:
    holder = town.holder()
    with pytest.raises(Refused) as refused:
        town.issue(town.approved(holder.resident), holder.reader(), {})
    assert [refusal.code for refusal in refused.value.refusals] == ["E_PIN_FORMAT"] * 2


@pytest.mark.parametrize("pin", ["ABC123", "aBc123", "A1" * 8, "1AAAAA", "ａｂC１２３", "ＡＢＣ123"])
def test_a_signature_pin_is_typed_in_any_case_and_width(town: Town, pin: str) -> None:
    holder = town.holder()
    town.issue(
        town.approved(holder.resident),
        holder.reader(),
        PINS | {Purpose.SIGNATURE: Pin(pin), Purpose.USER_AUTHENTICATION: Pin("１２３４")},
    )
    holder.session().verify_pin(KeySlot.SIGNATURE, Pin(normalize("NFKC", pin).upper()))


def test_a_pin_for_what_was_not_applied_for_is_not_set(town: Town) -> None:
    holder = town.holder()
    town.issue(town.approved(holder.resident, AUTHENTICATION), holder.reader(), PINS)
    assert holder.session().tries_left(KeySlot.SIGNATURE) == 0


def test_a_pin_stands_on_the_card_and_nowhere_else(
    town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    pins = {Purpose.SIGNATURE: Pin("QX7QX7QX7"), Purpose.USER_AUTHENTICATION: Pin("7391")}
    holder = town.holder()
    application = town.approved(holder.resident)
    caplog.set_level("DEBUG")
    with pytest.raises(CardError):
        town.issue(application, PulledAfter(holder.card, 12), pins)
    town.issue(application, holder.reader(), pins)
    assert "QX7QX7QX7" in holder.card.state.to_json()
    kept = list(everything_in_every_database())
    assert len(kept) > 100
    # Four digits appear anywhere by chance inside keys; as a value of their own they must not.
    assert not [value for value in kept if b"QX7QX7QX7" in value or value == b"7391"]
    assert not [value for value in kept if b'"7391"' in value]
    printed = capfd.readouterr()
    assert "QX7QX7QX7" not in caplog.text + printed.out + printed.err
