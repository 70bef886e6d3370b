"""Messages become bytes and come back the same; any other bytes are refused, and nothing else happens."""

import dataclasses
import importlib
import json
import pkgutil
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import honnin.wire.messages
from honnin.errors import Malformed
from honnin.identifiers import SERIAL_END, CardNumber, MunicipalityCode, PersonCode, SerialNumber
from honnin.law.certificates.status import RECORDED, Status
from honnin.wire import codec
from honnin.wire.messages.certificates import AskPersonState, PersonState, ReportLapse
from honnin.wire.messages.issuance import ApplicationForm, IssuanceStep, RelayAnswers, RequestIssuance


def message_types() -> list[type]:
    """Every dataclass that the modules of messages define."""
    found: list[type] = []
    for module in pkgutil.iter_modules(honnin.wire.messages.__path__):
        content = vars(importlib.import_module(f"honnin.wire.messages.{module.name}"))
        found += [
            each for each in content.values() if isinstance(each, type) and dataclasses.is_dataclass(each)
        ]
    return sorted(set(found), key=lambda each: each.__name__)


TYPES = message_types()
# What JSON, UTF-8 and a database can all keep.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(
    datetime,
    st.datetimes(timezones=st.just(UTC)),
)
for code in (PersonCode, CardNumber, MunicipalityCode):
    st.register_type_strategy(code, st.from_regex(code.form, fullmatch=True).map(code))
st.register_type_strategy(SerialNumber, st.integers(1, SERIAL_END - 1).map(SerialNumber))
st.register_type_strategy(Status, st.sampled_from(RECORDED))


few = settings(max_examples=20)  # of each of some eighty kinds


def test_every_message_is_known_here() -> None:
    names = {each.__name__ for each in TYPES}
    assert {
        "RequestIssuance",
        "RelayAnswers",
        "AskPersonState",
        "ReportLapse",
        "ReportRelease",
        "RequestRenewal",
    } <= names


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_a_message_comes_back_the_same(kind: type[object]) -> None:
    @few
    @given(st.from_type(kind))
    def comes_back(message: object) -> None:
        encoded = codec.encode(message)
        assert codec.decode(kind, encoded) == message
        assert codec.encode(codec.decode(kind, encoded)) == encoded

    comes_back()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_any_bytes_are_a_message_or_malformed(kind: type) -> None:
    """A question without fields is one message, `{}`."""

    @few
    @given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
    @example(b"")
    @example(b"\xff\xfe")
    @example(b"[" * 100_000)
    @example(b"9" * 10_000)
    def is_refused(content: bytes) -> None:
        if not fields(kind) and content.strip() == b"{}":
            return
        with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
            codec.decode(kind, content)

    is_refused()


@pytest.mark.parametrize("kind", [each for each in TYPES if fields(each)], ids=lambda kind: kind.__name__)
def test_one_field_of_another_kind_is_refused_or_read_as_it_stands(kind: type) -> None:
    """Whatever stands in one field of an otherwise right message: a message, or malformed."""

    @few
    @given(st.from_type(kind), st.data())
    def is_read(message: object, data: st.DataObject) -> None:
        sent: dict[str, Any] = json.loads(codec.encode(message))
        name = data.draw(st.sampled_from(sorted(sent)))
        sent[name] = data.draw(JSON)
        try:
            read: object = codec.decode(kind, json.dumps(sent).encode())
        except Malformed as error:
            if error.code != "E_MESSAGE_MALFORMED":
                raise
        else:
            assert codec.decode(kind, codec.encode(read)) == read

    is_read()


PLAIN = json.loads(codec.encode(AskPersonState(PersonCode("99000000001"))))


@pytest.mark.parametrize(
    "content",
    [
        {**PLAIN, "more": 1},
        {},
        {"person": "99000000001"},
        {"person_code": None},
        {"person_code": 99000000001},
        {"person_code": ["99000000001"]},
        {"person_code": "half a pair \ud800"},
        {"person_code": "nul \0"},
        [PLAIN],
        "99000000001",
        None,
    ],
    ids=str,
)
def test_missing_extra_and_wrong_fields_are_refused(content: object) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        codec.decode(AskPersonState, json.dumps(content).encode())


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ReportLapse, {"person_code": "99000000001", "ground": "because", "purposes": []}),
        (ReportLapse, {"person_code": "99000000001", "ground": "record_error", "purposes": "signature"}),
        (ReportLapse, {"person_code": "99000000001", "ground": "record_error", "purposes": ["both"]}),
        (ReportLapse, {"person_code": "99000000001", "ground": ["record_error"], "purposes": []}),
        (RelayAnswers, {"procedure": "1", "answers": ["not base64!"]}),
        (RelayAnswers, {"procedure": "1", "answers": ["YQ"]}),
        (RelayAnswers, {"procedure": "1", "answers": ["YQ==\n"]}),
        (RelayAnswers, {"procedure": "1", "answers": [1]}),
        (IssuanceStep, {"procedure": "1", "commands": [], "done": 1, "certificates": []}),
        (IssuanceStep, {"procedure": "1", "commands": [], "done": "true", "certificates": []}),
        (IssuanceStep, {"procedure": "1", "commands": [], "done": True, "certificates": [{}]}),
    ],
)
def test_values_of_the_wrong_kind_are_refused(kind: type, fields: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        codec.decode(kind, json.dumps(fields).encode())


CERTIFICATE: dict[str, object] = {
    "application_number": "99101-20260602-ABCDEF",
    "purpose": "signature",
    "serial_number": 1,
    "issued_at": "2026-06-02T10:00:00+09:00",
    "expiry_date": "2031-03-15",
    "delivered": True,
    "status": "good",
    "crl_reason": "",
    "status_changed_at": "2026-06-02T10:00:00+09:00",
}


def decoded(certificate: dict[str, object]) -> PersonState:
    fields = {"cards": [], "certificates": [certificate], "notices": 0, "reported_lost": False}
    return codec.decode(PersonState, json.dumps(fields).encode())


@pytest.mark.parametrize(
    "instant", ["2026-06-02T10:00:00", "2026-06-02", "10:00", "", "2026-06-31T10:00:00+09:00", "0"]
)
def test_an_instant_without_a_zone_is_refused(instant: str) -> None:
    assert decoded(CERTIFICATE)
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        decoded(CERTIFICATE | {"status_changed_at": instant})


def test_a_serial_number_travels_as_a_number_and_comes_as_what_it_is() -> None:
    read = decoded(CERTIFICATE | {"serial_number": 0xAFFE})
    assert type(read.certificates[0].serial_number) is SerialNumber
    assert json.loads(codec.encode(read))["certificates"][0]["serial_number"] == 0xAFFE


@pytest.mark.parametrize("number", [0, -1, SERIAL_END, 1.0, True, "1", "0000AFFE", None])
def test_what_is_no_serial_number_is_refused(number: object) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        decoded(CERTIFICATE | {"serial_number": number})


def test_the_code_of_a_person_travels_as_text_and_comes_as_what_it_is() -> None:
    read = codec.decode(AskPersonState, b'{"person_code":"99000000001"}')
    assert type(read.person_code) is PersonCode
    assert codec.encode(read) == b'{"person_code":"99000000001"}'


@pytest.mark.parametrize("code", ["", "9900000000", "990000000011", "９９000000001", 99000000001, None])
def test_what_is_no_code_of_a_person_is_refused(code: object) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        codec.decode(AskPersonState, json.dumps({"person_code": code}).encode())


@pytest.mark.parametrize("status", RECORDED)
def test_a_status_travels_as_its_word_and_comes_as_the_enumeration(status: Status) -> None:
    read = decoded(CERTIFICATE | {"status": str(status)})
    assert read.certificates[0].status is status
    assert json.loads(codec.encode(read))["certificates"][0]["status"] == status.value


@pytest.mark.parametrize("status", ["expired", "unknown", "Good", "good ", "", 0, None, ["good"]])
def test_nothing_else_is_recorded_of_a_certificate(status: object) -> None:
    with pytest.raises(Malformed, match="E_MESSAGE_MALFORMED"):
        decoded(CERTIFICATE | {"status": status})


@given(st.from_type(ApplicationForm))
def test_a_form_shows_no_personal_data_in_logs(form: ApplicationForm) -> None:
    message = RequestIssuance(form, CardNumber("TEST00000000001"), (), 0)
    hidden = f"ApplicationForm({form.application_number})"
    assert (
        repr(message)
        == f"RequestIssuance(form={hidden}, card_number='TEST00000000001', purposes=(), notices=0)"
    )
