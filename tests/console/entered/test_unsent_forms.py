"""A form that was sent after its session had ended: whoever filled it in gets it back, and nobody else."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from honnin.agency.hotline.models import Call
from honnin.clock import FixedClock
from honnin.console.entered import unsent
from honnin.console.signing_in.sessions import IDLE, LONGEST
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.records.models import JournalEntry
from tests.support.console import PIN_FIELDS, REQUEST, Console, hotline_address, scan, signed_in
from tests.support.responses import Response

pytestmark = pytest.mark.django_db(databases="__all__")

PASSWORD = "a long enough password"
INPUT = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
MOVED = {"moved_on": "2026-06-01"}
CALLER = ["whoever telephones"]
ADDRESS = "みほん県みほん市例示町９"


def account(name: str) -> None:
    user, _new = User.objects.get_or_create(username=name)
    if not user.has_usable_password() or not user.check_password(PASSWORD):
        user.set_password(PASSWORD)
        user.save()


@pytest.fixture
def clerk(console: Console) -> Client:
    """A clerk's browser; a colleague and an operator have accounts as well."""
    console.operator()
    for name in (console.town.clerk().user_name, console.town.clerk("mei").user_name, "operator"):
        account(name)
    return signed_in("hanako")


def hidden(response: Response) -> dict[str, str]:
    """What a page's forms carry unseen."""
    return {name: html.unescape(value) for name, value in INPUT.findall(response.content.decode())}


def drawn(client: Client, page: str, **typed: object) -> dict[str, object]:
    """The form of a page as a browser sends it."""
    return {unsent.DRAWN_FOR: hidden(client.get(page))[unsent.DRAWN_FOR], **typed}


def sign_in(client: Client, answered: Response, name: str = "hanako", **more: str) -> Response:
    """As the page says, which answered the form."""
    typed = {"username": name, "password": PASSWORD} | more
    return client.post("/sign-in/", hidden(answered) | typed)


def values(response: Response) -> dict[str, object]:
    shown = response.context
    found = [shown.get(each) for each in ("form", "evidence_form", "rejection_form", "withdrawal_form")]
    return {field.name: field.value() for form in found if form for field in form}


def acts() -> int:
    return JournalEntry.objects.exclude(act__startswith="look").count()


def idle(clock: FixedClock) -> None:
    clock.move_to(clock.instant + IDLE)


def another_password(_clock: FixedClock) -> None:
    user = User.objects.get(username="hanako")
    user.set_password(PASSWORD + "!")
    user.save()


ENDS: dict[str, Callable[[FixedClock], object]] = {
    "idle": idle,
    "the day is over": lambda clock: clock.move_to(clock.instant + LONGEST),
    "the clock was set back": lambda clock: clock.move_to(clock.instant - LONGEST),
    "signed out elsewhere": lambda _clock: Session.objects.all().delete(),
    "another password": another_password,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_was_typed_is_shown_again_to_whoever_typed_it_and_nothing_is_done(
    clerk: Client, console: Console, clock: FixedClock, end: Callable[[FixedClock], object]
) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS, change="address", stood=resident.address, **MOVED)
    before = acts()
    end(clock)
    answered = clerk.post(page, sent)
    shown = answered.content.decode()
    assert (answered.status_code, "例示町９" in shown) == (403, False)
    assert answered.headers["Cache-Control"].startswith(("no-store", "max-age=0"))
    assert "what was entered is then shown again" in shown
    password = PASSWORD + ("!" if end is another_password else "")
    led = sign_in(clerk, answered, password=password)
    assert led.status_code == 302
    for _reload in range(2):
        again = clerk.get(led.headers["Location"])
        assert "You were signed out before this was sent" in again.content.decode()
        assert "Nothing was recorded yet." in again.content.decode()
        assert values(again) == {"address": ADDRESS, "change": "address"} | MOVED
    resident.refresh_from_db()
    assert (resident.address == ADDRESS, acts()) == (False, before)
    assert "例示町９" not in led.headers["Location"]
    assert clerk.post(page, {**sent, **hidden(again), "confirmed": "1"}).status_code == 302
    resident.refresh_from_db()
    assert resident.address == ADDRESS
    assert "Nothing was recorded yet." not in clerk.get(led.headers["Location"]).content.decode()


def test_another_person_who_signs_in_gets_nothing_of_it(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    answered = clerk.post(page, sent)
    for name, home in (("mei", "/counter/applications/"), ("operator", "/hotline/")):
        other = Client(headers={"accept-language": "en"})
        led = sign_in(other, answered, name)
        assert led.headers["Location"] == "/"
        shown = other.get("/", follow=True)
        assert shown.redirect_chain[-1][0] == home
        assert "What was sent before belongs to another account." in shown.content.decode()
        assert not other.session.get("unsent")
    own = Client(headers={"accept-language": "en"})
    led = sign_in(own, answered)
    assert ADDRESS in own.get(led.headers["Location"]).content.decode()
    mei = signed_in("mei")
    assert ADDRESS not in mei.get(led.headers["Location"]).content.decode()
    session = mei.session  # even where it came into somebody else's session
    session["unsent"] = own.session["unsent"]
    session.save()
    assert ADDRESS not in mei.get(led.headers["Location"]).content.decode()


def test_a_form_that_was_drawn_for_somebody_else_is_not_sent(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    mei = signed_in("mei")
    refused = mei.post(page, sent)
    assert (refused.status_code, "E_FORM_OTHERS" in refused.content.decode()) == (403, True)
    mei.handler.enforce_csrf_checks = True
    refused = mei.post(page, sent, headers={"origin": "http://testserver"})
    assert "E_FORM_OTHERS" in refused.content.decode()
    assert ADDRESS not in refused.content.decode()
    resident.refresh_from_db()
    assert resident.address != ADDRESS


@pytest.mark.parametrize("how", ["altered", "of another address", "late", "nonsense"])
def test_what_was_forged_or_is_late_shows_nothing(
    clerk: Client, console: Console, clock: FixedClock, how: str
) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    answered = clerk.post(page, sent)
    carried = hidden(answered)[unsent.FIELD]
    if how == "late":
        clock.move_to(clock.instant + unsent.GOOD_FOR)
    if how == "of another address":
        led = sign_in(clerk, answered)
        other = reverse("counter:new_revocation", args=[resident.public_id])
        assert ADDRESS not in clerk.get(led.headers["Location"].replace(page, other)).content.decode()
        return
    forged = {"altered": carried[:-8] + "AAAAAAA=", "nonsense": "//elsewhere.example"}.get(how, carried)
    led = sign_in(clerk, answered, **{unsent.FIELD: forged})
    assert led.headers["Location"] == "/"
    assert not clerk.session.get("unsent")


def test_what_another_site_sends_is_not_carried_and_leads_nowhere(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    clerk.handler.enforce_csrf_checks = True
    for origin in ("http://elsewhere.example", "null", ""):
        answered = clerk.post(page, sent, headers={"origin": origin} if origin else {})
        assert unsent.FIELD not in hidden(answered)
    own = clerk.post(page, sent, headers={"origin": "http://testserver"})  # its token is of before
    assert unsent.FIELD in hidden(own)
    clerk.handler.enforce_csrf_checks = False
    for path in ("//elsewhere.example/counter/", "/nowhere/", "/language/setlang/", "/sign-out/"):
        answered = clerk.post(path, sent)
        assert unsent.FIELD not in hidden(answered)
        assert "elsewhere" not in answered.headers.get("Location", "").replace("next=", "")[:30]


def test_without_knowing_whose_it_was_nothing_is_carried(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    Session.objects.all().delete()
    assert clerk.post(page, {"address": ADDRESS}).status_code == 302


def test_neither_pins_nor_files_are_carried_and_the_page_says_so(
    clerk: Client, console: Console, clock: FixedClock
) -> None:
    resident, card = console.resident()
    approved = console.approved(clerk, resident)
    other, _card = console.resident()
    new = reverse("counter:new_application", args=[other.public_id])
    issue = reverse("counter:issue", args=[approved.number])
    for page, typed, said in (
        (issue, {**PIN_FIELDS, "card": card}, "PINs and passwords are not kept."),
        (new, REQUEST | {"copy_1": scan("免許証.jpg")}, "Files are not kept. Choose them again."),
    ):
        sent = drawn(clerk, page, **typed)
        idle(clock)
        answered = clerk.post(page, sent)
        opened = unsent.opened(answered.wsgi_request, hidden(answered)[unsent.FIELD])
        assert opened is not None
        assert not {name for name, _value in opened.fields} & (set(PIN_FIELDS) | {"csrfmiddlewaretoken"})
        assert "ABC123" not in str(opened)
        again = clerk.get(sign_in(clerk, answered).headers["Location"])
        assert said in again.content.decode()
    assert (values(again)["purposes"], values(again)["terms_accepted"]) == (REQUEST["purposes"], True)


def test_what_is_too_long_is_not_carried_and_the_page_says_so(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address="あ" * (unsent.LONGEST // 3))
    Session.objects.all().delete()
    answered = clerk.post(page, sent)
    assert len(hidden(answered)[unsent.FIELD]) < 1000
    assert "too long to be kept" in clerk.get(sign_in(clerk, answered).headers["Location"]).content.decode()


def test_it_stands_in_no_log_and_in_the_session_only_sealed(
    clerk: Client, console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    with caplog.at_level("DEBUG"):
        clerk.get(sign_in(clerk, clerk.post(page, sent)).headers["Location"])
    assert "E_SIGNED_OUT" in caplog.text
    for word in ("例示町", resident.public_id, "hanako"):
        assert word not in caplog.text
    assert "例示町" not in str(dict(clerk.session))
    assert len(clerk.session["unsent"]) == 1


def test_a_wrong_password_and_another_language_keep_it(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    answered = clerk.post(page, sent)
    wrong = sign_in(clerk, answered, password="wrong")
    assert 'formaction="/sign-in/"' in wrong.content.decode()
    japanese = clerk.post("/sign-in/", hidden(wrong) | {"username": "hanako", "switch_language": "ja"})
    assert "同じアカウントでサインイン" in japanese.content.decode()
    again = clerk.get(sign_in(clerk, japanese).headers["Location"])
    assert values(again)["address"] == ADDRESS
    assert "送信の前にサインアウトされました" in again.content.decode()
    url = again.wsgi_request.get_full_path()
    english = clerk.post(url, hidden(again) | {"address": ADDRESS + "９", "switch_language": "en"})
    assert values(english)["address"] == ADDRESS + "９"
    assert "You were signed out before this was sent" in english.content.decode()


def test_who_has_signed_in_in_another_window_meanwhile_goes_on_too(clerk: Client, console: Console) -> None:
    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS)
    Session.objects.all().delete()
    answered = clerk.post(page, sent)
    clerk.force_login(User.objects.get(username="hanako"))
    for strict in (False, True):
        clerk.handler.enforce_csrf_checks = strict
        again = clerk.get(sign_in(clerk, answered).headers["Location"])
        assert values(again)["address"] == ADDRESS


def test_every_form_of_every_role_comes_back(clerk: Client, console: Console) -> None:
    """Acts without a page of their own come back as the page from which they are sent."""
    _client, holder, issued = console.issued()
    far, _card = console.resident(municipality_id="99102")
    fresh, _card = console.resident()
    received = console.town.receive(console.town.move_in())
    approved = console.town.approved(console.town.holder().resident)
    revocation = console.town.received_revocation(console.town.with_certificates().resident)
    console.town.approve(revocation)
    person, number = [holder.public_id], [received.number]
    operator = signed_in("operator")
    moving = {"destination": "みほん県ためし市１", "moved_on": "2026-06-01"}
    caller = {"name": "見本", "birth_date": "平成2年"}
    for client, name, arguments, typed in (
        (clerk, "counter:residents", [], {"text": "けんさく"}),
        (clerk, "counter:give_reason", [far.public_id], {"why": "moving_in", "explanation": "転入届"}),
        (clerk, "counter:new_application", [fresh.public_id], {"purposes": ["signature"]}),
        (clerk, "counter:new_pin_reset", person, {"pins": ["signature"]}),
        (clerk, "counter:new_revocation", person, {"purposes": ["signature"], "why": "key_gone"}),
        (clerk, "counter:revoke", [revocation.number], {}),
        (clerk, "counter:change_address", person, {"address": ADDRESS}),
        (clerk, "counter:move_out", person, moving | {"confirmed": "1"}),
        (clerk, "counter:report_loss", person, {}),
        (clerk, "counter:card_work", [*person, "update"], {"card": issued.card_number}),
        (clerk, "counter:amend", number, {"purposes": ["signature"], "proxy_name": "代理"}),
        (clerk, "counter:reject", number, {"reason": "写真"}),
        (clerk, "counter:withdraw", number, {"because": "mistake"}),
        (clerk, "counter:evidence", number, {"whose": "applicant", "document": "passport"}),
        (clerk, "counter:approve", number, {"corrections": "0"}),
        (clerk, "counter:issue", [approved.number], {"card": issued.card_number}),
        (clerk, "counter:hand_over", [issued.number], {}),
        (operator, "hotline:search", [], caller),
        (operator, "hotline:confirm", CALLER, {}),
    ):
        page = reverse(name, args=arguments) if arguments != CALLER else hotline_address("confirm", holder.pk)
        user = User.objects.get(username="operator" if client is operator else "hanako")
        Session.objects.all().delete()
        answered = client.post(page, {unsent.DRAWN_FOR: unsent.mark(user), **typed})
        assert answered.status_code == 403, name
        client.force_login(user)
        again = client.get(client.post("/sign-in/", hidden(answered)).headers["Location"])
        assert "You were signed out before this" in again.content.decode(), name
        assert again.status_code == 200
        stands = values(again)
        assert {key: stands[key] for key in typed if key in stands} == {
            key: value for key, value in typed.items() if key not in ("confirmed", "corrections")
        }, name
    assert Application.objects.get(pk=received.pk).state == "under_examination"
    assert not Call.objects.exists()


def test_what_may_have_been_done_is_not_called_undone(
    clerk: Client, console: Console, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session is ended in another window while the act is under way."""
    from honnin.municipality.counter.procedures.change_address import views as moves

    resident, _card = console.resident()
    page = reverse("counter:change_address", args=[resident.public_id])
    sent = drawn(clerk, page, address=ADDRESS, confirmed="1", **MOVED)
    redirect: Callable[..., Response] = getattr(moves, "redirect")  # noqa: B009 (as the view found it)

    def and_signs_out(*where: Any) -> Response:
        Session.objects.all().delete()
        return redirect(*where)

    monkeypatch.setattr(moves, "redirect", and_signs_out)
    clock.move_to(clock.instant + timedelta(minutes=1))
    answered = clerk.post(page, sent)
    assert "It may have been recorded" in answered.content.decode()
    again = clerk.get(sign_in(clerk, answered).headers["Location"]).content.decode()
    assert "It may have been recorded: look whether it was" in again
    assert "Nothing was recorded" not in again
