"""`honnin card create`: every sample is the card that it says, and the registers know it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from honnin.agency.authority.models import IssuingKey
from honnin.agency.authority.services import authority
from honnin.agency.card_register.models import Card as RegisteredCard
from honnin.agency.card_register.services import produce_card
from honnin.agency.hotline.models import Call
from honnin.agency.records.models import IssuanceRecord, JournalEntry
from honnin.card.chip.card import Card
from honnin.card.chip.state import CardState
from honnin.card.client.known_files import APPLICATIONS
from honnin.card.client.session import CardSession
from honnin.card.kinds.declaration import KeySlot
from honnin.card.transport.in_process import InProcess
from honnin.clock import FixedClock, day_in_japan
from honnin.errors import CardError, Refused
from honnin.identifiers import MunicipalityCode, PersonCode
from honnin.law.terms import Purpose, Sex
from honnin.law.validity import WITHOUT_END, Stay, StayStatus
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.residents.models import Resident
from honnin.pin import Pin
from honnin.simulator.installation import POPULATION
from honnin.simulator.samples import Holder, sample, samples
from honnin.simulator.samples.making import make_card
from tests.support.full_width import full_width
from tests.support.installations import honnin
from tests.support.processes import plain_environment

ADULT = Holder("試験　次郎", "シケン　ジロウ", date(1990, 2, 3), Sex.MALE, "みほん県みほん市試作台９－８－７")
CHILD = replace(ADULT, birth_date=date(2017, 2, 3))
SIGNATURE_PIN, AUTHENTICATION_PIN = "MIHON2026", "4126"
WITH_BOTH = ("adult", "android", "iphone", "blocked", "foreign-resident", "old-authority")
databases = pytest.mark.django_db(databases=["default", "agency", "municipality"])
Make = Callable[..., CardState]


@pytest.fixture
def make(clock: FixedClock, db: None) -> Make:
    def made(name: str, holder: Holder = ADULT) -> CardState:
        return make_card(sample(name), holder, clock, lambda state: None)

    return made


def session(state: CardState) -> CardSession:
    found = CardSession(InProcess(Card(state, lambda new: None)))
    found.select_jpki()
    return found


def certificates(state: CardState) -> dict[KeySlot, x509.Certificate]:
    found = {slot: content.certificate for slot, content in state.slots.items()}
    return {slot: x509.load_der_x509_certificate(der) for slot, der in found.items() if der is not None}


# — what each sample is ———————————————————————————————————————————————————————————————————————————————


def test_there_is_a_sample_for_each_kind_of_card_that_people_have() -> None:
    others = {"child", "without-pin", "expired", "juki-card", "damaged-chip", "held", "revoked"}
    assert set(samples()) == {*WITH_BOTH, *others}
    with pytest.raises(KeyError):
        sample("gold")


@databases
@pytest.mark.parametrize("name", WITH_BOTH)
def test_certificates_are_those_of_the_records(make: Make, name: str) -> None:
    state = make(name)
    found = certificates(state)
    assert set(found) == set(KeySlot)
    for slot, purpose in (
        (KeySlot.SIGNATURE, Purpose.SIGNATURE),
        (KeySlot.AUTHENTICATION, Purpose.USER_AUTHENTICATION),
    ):
        record = IssuanceRecord.objects.get(card_number=state.card_number, purpose=purpose)
        assert bytes(record.certificate) == state.slots[slot].certificate
        assert record.status == "good"
    assert Application.objects.get(card_number=state.card_number).state == "handed_over"
    assert Resident.objects.get(name=ADULT.name).birth_date == ADULT.birth_date
    assert RegisteredCard.objects.get(pk=state.card_number).valid


@databases
def test_the_adults_card_is_whole_and_signs(make: Make) -> None:
    state = make("adult")
    assert set(state.applications) == set(state.kind.applications)
    using = session(state)
    using.verify_pin(KeySlot.SIGNATURE, Pin(SIGNATURE_PIN))
    assert len(using.sign_sha256(KeySlot.SIGNATURE, b"letter")) == 256
    using.verify_pin(KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN))


@databases
def test_a_damaged_chip_was_whole_when_its_holder_got_it(make: Make) -> None:
    state = make("damaged-chip")
    assert set(certificates(state)) == set(KeySlot)
    assert IssuanceRecord.objects.filter(card_number=state.card_number, status="good").count() == 2
    with pytest.raises(CardError, match="E_CARD_DAMAGED"):
        session(state)
    assert CardState.from_json(state.to_json()).damaged


@databases
@pytest.mark.parametrize(
    ("name", "signature", "authentication", "reported_lost"),
    [("held", "revoked", "held", True), ("revoked", "revoked", "revoked", False)],
)
def test_cards_that_were_reported_lost_or_revoked(
    make: Make, name: str, signature: str, authentication: str, reported_lost: bool
) -> None:
    state = make(name)
    assert set(certificates(state)) == set(KeySlot)
    found = IssuanceRecord.objects.filter(card_number=state.card_number)
    assert {record.purpose: record.status for record in found} == {
        "signature": signature,
        "user_authentication": authentication,
    }
    person = Resident.objects.get(name=ADULT.name).pk
    assert Call.objects.filter(person_code=person).exists() is reported_lost
    session(state).verify_pin(
        KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN)
    )  # the card itself knows of nothing


@databases
@pytest.mark.parametrize(("name", "holder"), [("child", CHILD), ("without-pin", ADULT)])
def test_cards_without_a_signature_certificate(make: Make, name: str, holder: Holder) -> None:
    state = make(name, holder)
    assert set(certificates(state)) == {KeySlot.AUTHENTICATION}
    assert state.slots[KeySlot.SIGNATURE].private_key is None


@databases
def test_no_pin_of_a_card_without_pins_is_set_and_its_codes_are(make: Make) -> None:
    state = make("without-pin")
    for name, content in state.applications.items():
        for file, pin in content.pins.items():
            fixed = state.kind.applications[name].pins[file].fixed
            assert (pin.value is not None, pin.tries_left > 0) == (fixed, fixed), (name, file)
    with pytest.raises(CardError, match="E_PIN_LOCKED"):
        session(state).verify_pin(KeySlot.AUTHENTICATION, Pin(AUTHENTICATION_PIN))


@databases
def test_blocked_pins_are_set_and_have_no_tries(make: Make) -> None:
    state = make("blocked")
    for slot, pin in ((KeySlot.SIGNATURE, SIGNATURE_PIN), (KeySlot.AUTHENTICATION, AUTHENTICATION_PIN)):
        assert (state.slots[slot].pin.value, state.slots[slot].pin.tries_left) == (pin, 0)


@pytest.mark.clause("S1-C4a", "S1-C4b")
@databases
@pytest.mark.parametrize(
    ("received_on", "last_day"),
    [(date(2022, 3, 31), date(2031, 2, 3)), (date(2022, 4, 1), date(2036, 2, 3)), (None, date(2036, 2, 3))],
)
def test_the_day_on_which_a_card_was_applied_for_decides_the_age(
    make: Make, received_on: date | None, last_day: date
) -> None:
    nineteen = replace(ADULT, birth_date=date(2007, 2, 3), received_on=received_on)
    assert make("adult", nineteen).expiry_date == last_day


@pytest.mark.clause("S1-C4d")
@databases
@pytest.mark.parametrize("status", sorted(WITHOUT_END))
def test_a_stay_without_end_ends_no_card(make: Make, status: StayStatus) -> None:
    assert make("adult", replace(ADULT, stay=Stay(status))).expiry_date == date(2036, 2, 3)


@databases
def test_no_card_is_registered_that_ended_yesterday(clock: FixedClock, db: None) -> None:
    at = clock.now()
    yesterday = day_in_japan(at) - timedelta(days=1)
    stay = Stay(StayStatus.MEDIUM_OR_LONG_TERM, yesterday)
    with pytest.raises(Refused, match="E_CARD_EXPIRED"):
        produce_card(
            PersonCode("99000000001"),
            MunicipalityCode("99101"),
            date(1990, 2, 3),
            at=at,
            actor="test",
            stay=stay,
        )
    assert not RegisteredCard.objects.exists()


@pytest.mark.clause("S1-C4d")
@databases
def test_a_stay_ends_card_and_certificates(make: Make) -> None:
    ends = date(2026, 9, 30)
    state = make(
        "foreign-resident",
        replace(ADULT, name="SAMPLE JANE", stay=Stay(StayStatus.MEDIUM_OR_LONG_TERM, ends)),
    )
    assert state.expiry_date == RegisteredCard.objects.get(pk=state.card_number).expiry_date == ends
    assert {each.expiry_date for each in IssuanceRecord.objects.filter(card_number=state.card_number)} == {
        ends
    }
    assert b"SAMPLE JANE" in state.applications["text"].files[0x0002]


@databases
@pytest.mark.parametrize(("name", "label"), [("android", "JPKIAPGPSETOKEN"), ("iphone", "JPKIAPIOSTOKEN")])
def test_a_phones_token_is_jpki_alone_under_its_label(make: Make, name: str, label: str) -> None:
    state = make(name)
    assert (set(state.applications), state.data) == ({"jpki"}, {})
    assert session(state).token_label() == label


@databases
def test_an_old_authoritys_card_has_the_ca_certificates_of_the_generation_before(make: Make) -> None:
    state = make("old-authority")
    reader = CardSession(InProcess(Card(state, lambda new: None)))
    for number, purpose in ((0x000B, Purpose.USER_AUTHENTICATION), (0x0002, Purpose.SIGNATURE)):
        old, new = IssuingKey.objects.filter(purpose=purpose).order_by("generation")
        [jpki] = [each for each in APPLICATIONS if each.name == "jpki"]
        reader.select(jpki)
        file = jpki.file(number)
        assert file is not None
        assert reader.read(file).data.rstrip(b"\0\xff").startswith(bytes(old.certificate))
        record = IssuanceRecord.objects.get(card_number=state.card_number, purpose=purpose)
        assert record.issuer_key_id == old.key_id
        assert authority().issuing(purpose)[0] == new
    assert JournalEntry.objects.filter(act="link CA", actor="card-create").count() == 4


@databases
@pytest.mark.parametrize(
    ("name", "expiry", "kind"),
    [("expired", date(2025, 2, 3), "number-card"), ("juki-card", date(2025, 11, 30), "juki-card")],
)
def test_a_card_of_the_past_is_in_no_register(make: Make, name: str, expiry: date, kind: str) -> None:
    """The tenth birthday after February 2016; ten years from 2015-12-01."""
    make("adult")
    before = (JournalEntry.objects.count(), Resident.objects.count(), RegisteredCard.objects.count())
    state = make(name, replace(ADULT, birth_date=date(1975, 2, 3)))
    assert (state.expiry_date, state.kind_name, certificates(state)) == (expiry, kind, {})
    assert state.card_number.startswith("TESTX")
    after = (JournalEntry.objects.count(), Resident.objects.count(), RegisteredCard.objects.count())
    assert after == before


# — what stays when it is refused —————————————————————————————————————————————————————————————————————


@databases
@pytest.mark.parametrize(
    ("holder", "codes"),
    [
        (CHILD, {"E_UNDER_AGE", "E_AGENT_REQUIRED"}),
        (replace(ADULT, name="髙橋　次郎"), {"E_SUBSTITUTE_CONSENT"}),
        (replace(ADULT, stay=Stay(StayStatus.MEDIUM_OR_LONG_TERM, date(2026, 6, 1))), {"E_CARD_EXPIRED"}),
    ],
)
def test_the_law_decides_and_a_refusal_leaves_nothing(make: Make, holder: Holder, codes: set[str]) -> None:
    make("expired")  # the population is there, and the keys of cards
    entries = JournalEntry.objects.count()
    with pytest.raises(Refused) as refused:
        make("adult", holder)
    assert codes <= {refusal.code for refusal in refused.value.refusals}
    assert JournalEntry.objects.count() == entries
    assert (Resident.objects.count(), Application.objects.count()) == (POPULATION, 0)
    assert not RegisteredCard.objects.exists()


@databases
def test_a_card_whose_file_cannot_be_written_is_in_no_register(make: Make, clock: FixedClock) -> None:
    make("adult")  # what every first card brings with it
    models = (RegisteredCard, IssuanceRecord, JournalEntry, Resident, Application)
    before = [model.objects.count() for model in models]

    def full(state: CardState) -> None:
        assert RegisteredCard.objects.filter(card_number=state.card_number).exists()
        raise CardError("E_CARD_FILE_UNWRITTEN")

    with pytest.raises(CardError, match="E_CARD_FILE_UNWRITTEN"):
        make_card(sample("adult"), ADULT, clock, full)
    assert [model.objects.count() for model in models] == before


@databases
def test_where_issuing_is_refused_nothing_is_rolled_over(make: Make) -> None:
    make("expired")
    with pytest.raises(Refused):
        make("old-authority", CHILD)
    assert set(IssuingKey.objects.values_list("generation", flat=True)) == {1}


# — the command ———————————————————————————————————————————————————————————————————————————————————————


def honnin_with(
    typed: str, home: Path, *words: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    return honnin(home, *words, typed=typed, **environment)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("create") / "home"
    assert honnin(folder, "authority", "init").returncode == 0
    return folder


def test_samples_are_listed(tmp_path: Path) -> None:
    listed = honnin(tmp_path, "card", "samples", "--json")
    assert set(json.loads(listed.stdout)) == set(samples())
    assert honnin(tmp_path, "card", "samples").stdout.startswith("adult: My Number Card of an adult")


def test_a_card_is_made_named_and_good(home: Path) -> None:
    done = honnin(home, "card", "create", "adult", "--name", "試験　花", "--birth-date", "１９９０ー２－０３")
    assert done.returncode == 0, done.stderr
    name = done.stdout.strip()
    path = home / "cards" / f"{name}.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"signature PIN: {SIGNATURE_PIN}" in done.stderr
    certificate = honnin(home, "certificate", "check", full_width(name), "--slot", "authentication")
    assert "good" in certificate.stdout
    assert honnin(home, "status", "audit").returncode == 0


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ([], "My Number Card of a child under 15: no signature certificate"),
        (["--birth-date", "1990-01-01"], "made from the sample child"),
    ],
)
def test_a_card_is_not_called_what_its_holder_is_not(home: Path, words: list[str], title: str) -> None:
    done = honnin(home, "card", "create", "child", *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"TEST CARD: {title}; until ")


@pytest.mark.parametrize(("locale", "word"), [("C.UTF-8", "rolled over"), ("ja_JP.UTF-8", "次の世代")])
def test_the_rollover_is_told_and_everything_stays_good(home: Path, locale: str, word: str) -> None:
    newest = max(
        each["generation"] for each in json.loads(honnin(home, "authority", "show", "--json").stdout)
    )
    before = honnin(home, "card", "create", "adult").stdout.strip()
    done = honnin(home, "card", "create", "old-authority", "--roll-over", LC_ALL=locale)
    assert done.returncode == 0, done.stderr
    assert word in done.stderr
    shown = json.loads(honnin(home, "authority", "show", "--json").stdout)
    assert {each["generation"] for each in shown if each["issues"]} == {newest + 1}
    after = honnin(home, "card", "create", "adult").stdout.strip()
    for name in (before, done.stdout.strip(), after):
        assert "good" in honnin(home, "certificate", "check", name, "--slot", "authentication").stdout
    audited = honnin(home, "status", "audit")
    assert audited.returncode == 0, audited.stdout


@pytest.mark.parametrize(
    ("lines", "signature", "authentication"),
    [
        ("ERANDA7\n8642\n", "ERANDA7", "8642"),
        ("ｅｒａｎｄａ７\n", "ERANDA7", AUTHENTICATION_PIN),
        ("\n８６４２", SIGNATURE_PIN, "8642"),
    ],
)
def test_chosen_pins_are_read_line_by_line(
    home: Path, lines: str, signature: str, authentication: str
) -> None:
    done = honnin_with(lines, home, "card", "create", "adult", "--pin-fd", "0")
    assert done.returncode == 0, done.stderr
    state = CardState.from_json((home / "cards" / f"{done.stdout.strip()}.json").read_bytes())
    pins = {slot: content.pin.value for slot, content in state.slots.items()}
    assert pins == {KeySlot.SIGNATURE: signature, KeySlot.AUTHENTICATION: authentication}


@pytest.mark.parametrize(
    ("name", "lines", "code", "said"),
    [
        ("adult", "short\n", 9, "E_PIN_FORMAT"),
        ("adult", f"{'A1' * 600}\n", 5, "E_SECRET_TOO_LONG"),
        ("adult", "ERANDA7\n8642\n1\n", 2, "2 PINs, and 3 lines"),
        ("without-pin", "8642\n", 2, "no PIN that somebody chooses"),
        ("juki-card", "8642\n", 2, "no PIN that somebody chooses"),
    ],
)
def test_pins_that_cannot_be_chosen_make_no_card(
    home: Path, name: str, lines: str, code: int, said: str
) -> None:
    before = len(list((home / "cards").glob("*.json")))
    done = honnin_with(lines, home, "card", "create", name, "--pin-fd", "0")
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert len(list((home / "cards").glob("*.json"))) == before


def test_both_wrong_pins_are_named_and_so_is_what_else_is_wrong(home: Path, tmp_path: Path) -> None:
    both = honnin_with("short\n12\n", home, "card", "create", "adult", "--pin-fd", "0", "--json")
    assert both.returncode == 9, both.stderr
    assert "signature PIN: " in both.stderr
    assert "authentication PIN: " in both.stderr
    told = json.loads(both.stdout)["error"]
    assert [each["code"] for each in told["refusals"]] == ["E_PIN_FORMAT", "E_PIN_FORMAT"]
    assert told["about"] == ["signature PIN", "authentication PIN"]
    (there := tmp_path / "there.json").touch()
    days = ("--birth-date", "2999-01-01", "--received-on", "2999-01-01")
    all_of_it = ("--out", there, "--roll-over", *days, "--pin-fd", "0")
    done = honnin_with("short\n", home, "card", "create", "adult", *all_of_it)
    assert done.returncode == 2, done.stderr
    for said in ("rolls nothing over", "--out", "--birth-date", "--received-on", "signature PIN: "):
        assert said in done.stderr, said
    unread = ("--birth-date", "never", "--sex", "x", "--name", " ", "--received-on", "32")
    done = honnin(home, "card", "create", "adult", *unread, "--json")
    about = json.loads(done.stdout)["error"]["about"]
    assert (done.returncode, set(unread[::2]) <= set(about)) == (2, True), about


def test_a_held_card_is_held_for_everybody_at_once_and_listed_with_its_holder(home: Path) -> None:
    name = honnin(home, "card", "create", "held", "--name", "紛失　花").stdout.strip()
    checked = honnin(home, "certificate", "check", name)
    assert (checked.returncode, "E_CERT_HELD" in checked.stderr) == (6, True), checked.stderr
    (line,) = (line for line in honnin(home, "card", "list").stdout.splitlines() if line.startswith(name))
    assert line.endswith("紛失　花")
    assert "holder 紛失　花" in honnin(home, "card", "show", name).stdout
    assert json.loads(honnin(home, "card", "show", name, "--json").stdout)["holder"] == "紛失　花"
    exported = honnin(home, "certificate", "export", name)
    certificate = x509.load_pem_x509_certificate(exported.stdout.encode("ascii"))
    der = home / "exported.der"
    done = honnin(home, "certificate", "export", name, "--form", "der", "--out", der)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert x509.load_der_x509_certificate(der.read_bytes()) == certificate
    wanted = ("--slot", "signature", "--pin-fd", "0")
    signature = honnin_with(SIGNATURE_PIN, home, "certificate", "export", name, *wanted)
    assert x509.load_pem_x509_certificate(signature.stdout.encode("ascii")) != certificate
    assert honnin(home, "certificate", "export", name, "--out", home / "no" / "file").returncode == 2


def test_a_file_of_ones_own_is_never_written_over(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "juki.json"
    assert honnin(home, "card", "create", "juki-card", "--out", out).stdout.strip() == str(out)
    kept = out.read_bytes()
    assert CardState.from_json(kept).kind_name == "juki-card"
    assert honnin(home, "card", "create", "juki-card", "--out", out).returncode == 2
    assert out.read_bytes() == kept


def test_a_link_is_not_written_through(home: Path, tmp_path: Path) -> None:
    for name, target in (("loop.json", "loop.json"), ("dangling.json", "elsewhere.json")):
        (tmp_path / name).symlink_to(tmp_path / target)
        done = honnin(home, "card", "create", "juki-card", "--out", tmp_path / name)
        assert (done.returncode, "exists already" in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_file_of_ones_own_may_be_in_the_cards_folder(home: Path) -> None:
    folder = home / "cards"
    folder.mkdir(exist_ok=True)  # the first card makes it
    assert honnin(home, "card", "create", "juki-card", "--out", folder / "mine.json").returncode == 0
    listed = honnin(home, "card", "list").stdout.splitlines()
    assert [line.split()[1] for line in listed if line.startswith("mine ")] == ["Juki"]
    told = " ".join(honnin(home, "card", "create", "--help").stdout.split())
    assert "Card file to write, instead of one named by the card's number." in told


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["gold"], 2),
        (["old-authority"], 2),
        (["adult", "--roll-over"], 2),
        (["adult", "--birth-date", "1872-12-31"], 2),
        (["adult", "--birth-date", "2999-01-01"], 2),
        (["adult", "--name", " "], 2),
        (["adult", "--name", "見本　\x07"], 2),
        (["adult", "--address", "あ" * 201], 2),
        (["expired", "--stay-until", "2030-01-01"], 2),
        (["juki-card", "--name", "見本　花子"], 2),
        (["adult", "--out", "/nowhere/card.json"], 2),
        (["adult", "--birth-date", "2020-01-01"], 3),
        (["adult", "--out", "-"], 2),
        (["adult", "--address", "東京都みほん区一番町1"], 3),
        (["expired", "--address", "どこか"], 3),
    ],
)
def test_what_cannot_be_made_is_said_and_leaves_no_file(home: Path, words: list[str], code: int) -> None:
    before = sorted((home / "cards").glob("*"))
    done = honnin(home, "card", "create", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr
    assert sorted((home / "cards").glob("*")) == before


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["adult", "--name", "髙橋　次郎"], "give a --name"),
        (["adult", "--birth-date", "2020-01-01"], "honnin card create child"),
        (["foreign-resident", "--stay-until", "2020-01-01"], "--stay-until: give a day"),
    ],
)
def test_a_refusal_says_which_option_it_is_about(home: Path, words: list[str], hint: str) -> None:
    done = honnin(home, "card", "create", *words)
    assert (done.returncode, hint in done.stderr) == (3, True), done.stderr


def test_a_refusal_by_practice_says_so_to_programs(home: Path) -> None:
    done = honnin(home, "card", "create", "adult", "--birth-date", "2020-01-01", "--json")
    told = {each["code"]: each["clauses"] for each in json.loads(done.stdout)["error"]["refusals"]}
    assert told == {"E_UNDER_AGE": ["practice/2"], "E_AGENT_REQUIRED": ["practice/3"]}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_card_that_could_not_be_told_of_is_made_and_its_pins_are_not_lost(
    home: Path, words: tuple[str, ...]
) -> None:
    before = set((home / "cards").glob("*.json"))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "honnin", "card", "create", "adult", *words],
            env=plain_environment(home),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    (made,) = set((home / "cards").glob("*.json")) - before
    assert done.returncode == 8
    assert f"do not do it again:\n{made}\n" in done.stderr
    assert f"signature PIN: {SIGNATURE_PIN}" in done.stderr


def test_where_nothing_is_open_nothing_is_made(tmp_path: Path) -> None:
    done = honnin(tmp_path / "home", "card", "create", "adult")
    assert done.returncode == 8
    assert "E_AUTHORITY_NOT_OPEN" in done.stderr
    assert not (tmp_path / "home").exists()
