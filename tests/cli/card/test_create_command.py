"""`honnin card create`: what it says, writes and refuses, and the PINs that it reads."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from honnin.card.chip.state import CardState
from honnin.card.kinds.declaration import KeySlot
from honnin.simulator.samples import samples
from tests.cli.card.sample_pins import AUTHENTICATION_PIN, SIGNATURE_PIN
from tests.support.full_width import full_width
from tests.support.installations import honnin
from tests.support.processes import plain_environment


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
