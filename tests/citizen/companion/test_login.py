"""The way of a login over HTTP, and what stands against it before and after a PIN."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from cryptography import x509

from honnin.card.issuer.production import blank_card
from honnin.card.kinds.declaration import KeySlot
from honnin.card.scp03 import derive_card_keys
from honnin.card.transport.card_file import CardFile
from honnin.citizen.companion.waiting import LIFETIME
from honnin.clock import FixedClock
from honnin.identifiers import CardNumber
from tests.support.login import NONCE
from tests.support.pki import cards, specimen
from tests.support.servers.companion import (
    Client,
    Companion,
    Reply,
    card_in,
    running_companion,
    running_site,
    title_of,
)
from tests.support.servers.memory import holders_of

ORIGIN = "https://tax.example"
QUERY = urlencode({"origin": ORIGIN, "nonce": NONCE, "state": "s; ~"})
WRONG = "9999"


def send(client: Client, here: str, pin: str = cards.AUTHENTICATION_PIN, **more: str) -> Reply:
    return client.ask("POST", here, urlencode({"pin": pin, **more}), origin=client.companion.origin)


def tries_left(path: Path) -> int:
    with card_in(path).held() as session:
        return session.tries_left(KeySlot.AUTHENTICATION)


def outcome(answer: Reply) -> dict[str, list[str]]:
    """What an answer brings back to the site."""
    assert answer.status == 303, answer.text
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ORIGIN}/.well-known/honnin-companion"
    return parse_qs(address.query, strict_parsing=True)


@pytest.mark.clause("S1-E1.2", "S2-1.2")
def test_a_login_that_the_verifier_believes_once(
    client: Client, companion: Companion, clock: FixedClock
) -> None:
    with running_site(clock, companion) as site:
        query = site.query()
        assert client.ask("GET", f"/login?{query}").status == 200
        here = client.begin(query)
        assert site.origin in client.ask("GET", here).text
        address = send(client, here).headers["location"]
        assert address.startswith(f"{site.origin}/.well-known/honnin-companion?")
        assert len(address) < 4096
        assert cards.AUTHENTICATION_PIN not in urlsplit(address).query.partition("token")[0]
        site.page(*address.removeprefix(site.origin).split("?", 1))
        assert site.outcomes == ["serial 018C453E"]
        over = send(client, here)
        assert (over.status, "E_ASKED_OVER" in over.text) == (409, True)


def test_the_token_is_of_no_use_at_another_site(
    client: Client, companion: Companion, clock: FixedClock
) -> None:
    """A hostile page that has got a challenge of a site can name itself or the site, and gains nothing."""
    with running_site(clock, companion) as site:
        fields = dict(parse_qs(site.query()))
        stolen = {**{name: value[0] for name, value in fields.items()}, "origin": "https://evil.example"}
        address = send(client, client.begin(urlencode(stolen))).headers["location"]
        assert address.startswith("https://evil.example/")
        site.page("/.well-known/honnin-companion", urlsplit(address).query)
        assert site.outcomes == ["E_CHALLENGE_MISMATCH"]


def test_state_comes_back_as_it_came(client: Client) -> None:
    assert outcome(send(client, client.begin(QUERY)))["state"] == ["s; ~"]


def test_going_back_is_an_answer_too_and_the_only_one(client: Client, path: Path) -> None:
    here = client.begin(QUERY)
    left = client.ask("POST", f"{here}/leave", "", origin=client.companion.origin)
    assert outcome(left) == {"error": ["access_denied"], "state": ["s; ~"]}
    assert send(client, here, WRONG).status == 409
    assert tries_left(path) == 3


def test_wrong_pins_are_counted_and_the_last_try_takes_a_tick(client: Client, path: Path) -> None:
    here = client.begin(QUERY)
    for left in (2, 1):
        wrong = send(client, here, WRONG)
        assert (wrong.status, f"tries left: {left}" in wrong.text) == (409, True)
        assert WRONG not in wrong.text
    assert "One try is left" in client.ask("GET", here).text
    unticked = send(client, here)
    assert (unticked.status, "Only one try is left" in unticked.text) == (409, True)
    assert "--use-last-try" not in unticked.text
    assert tries_left(path) == 1
    assert "token" in outcome(send(client, here, use_last_try="1"))
    assert tries_left(path) == 3


def test_a_blocked_pin_says_the_way_out_and_is_asked_for_no_more(client: Client) -> None:
    here = client.begin(QUERY)
    for _ in range(2):
        send(client, here, WRONG)
    blocked = send(client, here, WRONG, use_last_try="1")
    for page in (blocked, client.ask("GET", here)):
        assert page.status == 409
        assert "E_PIN_LOCKED" in page.text
        assert "Apply for a PIN reset" in page.text
        assert 'name="pin"' not in page.text


def test_a_slip_costs_no_try(client: Client, path: Path) -> None:
    for pin in ("", "123", "12345", "abcd", "１２３", "1234\n1"):
        slip = send(client, client.begin(QUERY), pin)
        assert (slip.status, "nothing was sent to the card" in slip.text) == (409, True)
    assert tries_left(path) == 3


def test_a_pin_in_full_width_digits_is_the_same(client: Client) -> None:
    assert "token" in outcome(send(client, client.begin(QUERY), "１２３４"))


def test_nothing_holds_the_pin_afterwards(client: Client, path: Path) -> None:
    """In full-width digits, which stand nowhere else: as they were typed, and as they were sent."""
    typed = ["".join(chr(0xFF10 + digit) for digit in digits) for digits in ((7, 3, 1, 9), (7, 3, 1, 9, 9))]
    typed += [quote(each) for each in typed]
    here = client.begin(QUERY)
    for number in range(2):
        assert send(client, here, typed[number]).status == 409
    assert tries_left(path) == 2
    assert list(holders_of(typed)) == []


def changed(path: Path, **cards_with: x509.Certificate) -> None:
    """Another card lies there."""
    path.unlink()
    CardFile.create(path, cards.card(**cards_with)[0].state).close()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "code"), [(365 * 6, "E_CERT_EXPIRED"), (-365, "E_CERT_NOT_YET_VALID")], ids=["over", "early"]
)
def test_a_certificate_out_of_its_time_is_known_before_the_pin(path: Path, days: int, code: str) -> None:
    clock = FixedClock(specimen.NOW + timedelta(days=days))
    with running_companion(card_in(path), clock) as companion:
        client = Client(companion).connected()
        here = client.begin(QUERY)
        for answer in (client.ask("GET", here), send(client, here, WRONG)):
            assert (answer.status, code in answer.text, 'name="pin"' in answer.text) == (403, True, False)
    assert tries_left(path) == 3


def test_a_certificate_for_another_use_is_known_before_the_pin(client: Client, path: Path) -> None:
    changed(path, authentication=specimen.signature_certificate())
    answer = client.ask("GET", client.begin(QUERY))
    assert (answer.status, "E_KEY_USAGE" in answer.text, 'name="pin"' in answer.text) == (403, True, False)


@pytest.mark.parametrize("code", ["E_CARD_FILE_MISSING", "E_CARD_IN_USE", "E_CERTIFICATE_ABSENT"])
def test_a_card_that_cannot_log_in_is_known_before_the_pin(client: Client, path: Path, code: str) -> None:
    here = client.begin(QUERY)
    with ExitStack() as held:
        if code == "E_CARD_FILE_MISSING":
            path.unlink()
        elif code == "E_CARD_IN_USE":
            held.enter_context(CardFile.open(path))
        else:
            path.unlink()
            number = CardNumber("TEST00000000009")
            state = blank_card(number, derive_card_keys(bytes(range(32)), number), date(2035, 3, 31))
            CardFile.create(path, state).close()
        answer = client.ask("GET", here)
    assert (answer.status, code in answer.text, 'name="pin"' in answer.text) == (409, True, False)


def test_a_request_ends_after_five_minutes(path: Path) -> None:
    clock = Hands(specimen.NOW)
    with running_companion(card_in(path), clock) as companion:
        client = Client(companion).connected()
        here = client.begin(QUERY)
        clock.at += LIFETIME
        assert client.ask("GET", here).status == 200
        clock.at += timedelta(seconds=1)
        for answer in (client.ask("GET", here), send(client, here)):
            assert (answer.status, "E_CHALLENGE_EXPIRED" in answer.text) == (403, True)


@dataclass
class Hands:
    """A clock that is set by hand."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def test_two_that_are_sent_at_once_bring_one_answer(client: Client) -> None:
    here = client.begin(QUERY)
    with ThreadPoolExecutor(2) as both:
        sent = [both.submit(send, client, here) for _ in range(2)]
    assert sorted(each.result().status for each in sent) == [303, 409]


def entry_on(page: Reply) -> str:
    """The name of the entry that a page asks for."""
    found = re.search(r'name="entry" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def test_a_double_click_costs_one_try_and_leads_to_the_site(client: Client, path: Path) -> None:
    here = client.begin(QUERY)
    entry = entry_on(client.ask("GET", here))
    with ThreadPoolExecutor(2) as both:
        wrong = [
            each.result() for each in [both.submit(send, client, here, WRONG, entry=entry) for _ in "12"]
        ]
    assert [(each.status, "tries left: 2" in each.text) for each in wrong] == [(409, True)] * 2
    assert tries_left(path) == 2
    entry = entry_on(wrong[1])
    with ThreadPoolExecutor(2) as both:
        sent = [both.submit(send, client, here, entry=entry) for _ in range(2)]
        right = [each.result() for each in sent]
    assert outcome(right[0]) == outcome(right[1])
    assert send(client, here).status == 409  # another entry, of a request that is over


@pytest.mark.parametrize(("language", "words"), [("ja", "ログイン"), ("en", "Log in")])
def test_pages_speak_the_browser_s_language_and_the_chosen_one(
    client: Client, language: str, words: str
) -> None:
    begun = client.ask("GET", f"/asked?{QUERY}", accept_language=language)
    here = begun.headers["location"]
    page = client.ask("GET", here, accept_language="xx")
    assert (f'<html lang="{language}">' in page.text, words in title_of(page.text)) == (True, True)
    other = "en" if language == "ja" else "ja"
    assert f'<html lang="{other}">' in client.ask("GET", f"{here}?language={other}").text
    assert f'<html lang="{other}">' in send(client, here, WRONG).text
