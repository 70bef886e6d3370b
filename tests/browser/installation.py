"""Opens an installation of its own with work in every state, and prints where to find it, as JSON.

Runs in a process of its own (`tests.browser.open_installation`), since it works on another HONNIN_HOME than
the tests. Nothing in it exists outside of that folder.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from django.conf import settings

from honnin.agency.hotline import looks
from honnin.agency.records.models import IssuanceRecord
from honnin.card.client.session import relay
from honnin.card.transport import Transport
from honnin.card.transport.card_file import CardFile
from honnin.card.transport.in_process import InProcess
from honnin.clock import SystemClock, day_in_japan
from honnin.errors import CardError, Refused
from honnin.law.cards.pins import PinKind
from honnin.law.counter.revocation import WhyRevoked
from honnin.law.terms import Purpose
from honnin.law.validity import Stay, StayStatus
from honnin.municipality.counter.applications.certificates.form import application_form, wanted
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.cards.agency import ask_agency, person_state
from honnin.municipality.counter.cards.readers import inserted
from honnin.municipality.counter.procedures.loss.services import report_loss
from honnin.municipality.counter.procedures.moving_out.services import move_out
from honnin.municipality.counter.procedures.renewal import envelope
from honnin.municipality.residents.models import Resident
from honnin.municipality.residents.services import record_change_of_address
from honnin.pin import Pin
from honnin.simulator.brought import BOTH, BY_PROXY, KNOWN_PINS, NEW_PINS, SIGNATURE
from honnin.simulator.card_production import hand_out_card
from honnin.simulator.holder import Holder, PulledAfter
from honnin.simulator.installation import open_installation
from honnin.simulator.town import Town
from honnin.sites.staff.logins import demo_logins
from honnin.wire.messages.issuance import RelayAnswers, RequestIssuance
from tests.support.town import LICENCE

CLOCK = SystemClock()
ALL_BUT_ONE: Mapping[PinKind, Pin] = {
    kind: pin for kind, pin in KNOWN_PINS.items() if kind is not PinKind.SIGNATURE
}
TOWN: Town[Holder] = Town(
    CLOCK, answering=("operator", "電話 一郎"), actor="test", licence=LICENCE, numbers=count(990_000_000)
)


def person(name: str, kana: str, *, card: bool = True, **entry: object) -> Resident:
    resident = TOWN.move_in(name=name, kana=kana, **entry)
    if card:
        hand_out_card(resident, CLOCK)
    return resident


@contextmanager
def at_the_counter(application: Application) -> Iterator[Transport]:
    """The applicant's card in the counter's reader."""
    [card] = person_state(TOWN.clerk(), application.resident_id).cards
    with inserted(card.card_number) as transport:
        yield transport


def issued(resident: Resident, purposes: frozenset[Purpose] = BOTH, **asked: object) -> Application:
    application = TOWN.approved(resident, purposes, **asked)
    with at_the_counter(application) as transport:
        TOWN.issue(application, transport)
    return Application.objects.get(pk=application.pk)


def pins_wanted(resident: Resident, *, shown: bool = True) -> Application:
    """An application to set both certificates' PINs again."""
    evidence = (LICENCE,) if shown else ()
    return TOWN.receive(resident, frozenset(), pins=frozenset(NEW_PINS), shown=evidence, terms_accepted=False)


def accepted_pins(resident: Resident) -> Application:
    application = pins_wanted(resident)
    TOWN.approve(application)
    return Application.objects.get(pk=application.pk)


def pins_set(resident: Resident) -> Application:
    application = accepted_pins(resident)
    with at_the_counter(application) as transport:
        TOWN.set_pins(application, transport)
    return application


def due(name: str, kana: str) -> Resident:
    """Somebody whose stay ends in two months, and with it card and certificates: they are due for renewal."""
    resident = TOWN.move_in(name=name, kana=kana)
    last_day = day_in_japan(CLOCK.now()) + timedelta(60)
    hand_out_card(resident, CLOCK, Stay(StayStatus.MEDIUM_OR_LONG_TERM, last_day))
    TOWN.hand_over(issued(resident))
    return resident


def renewal_examined(resident: Resident, known: Mapping[PinKind, Pin] = KNOWN_PINS) -> Application:
    """The PINs that are known were entered; the application is not accepted yet."""
    application = TOWN.received_renewal(resident)
    with at_the_counter(application) as transport:
        TOWN.prove_pins(application, transport, known)
    return Application.objects.get(pk=application.pk)


def renewal_accepted(resident: Resident, known: Mapping[PinKind, Pin] = KNOWN_PINS) -> Application:
    """What is not known is set anew next."""
    application = renewal_examined(resident, known)
    TOWN.approve(application)
    return Application.objects.get(pk=application.pk)


def renewed(resident: Resident, *, commands: int = 0) -> Application:
    """Carried out; or cut after so many `commands` to the card."""
    application = renewal_accepted(resident)
    [card] = person_state(TOWN.clerk(), resident.pk).cards
    with CardFile.open(settings.HONNIN_CARDS / f"{card.card_number}.json") as file, suppress(CardError):
        TOWN.renew(application, PulledAfter(file.card, commands) if commands else InProcess(file.card))
    return Application.objects.get(pk=application.pk)


def sealed(resident: Resident) -> Application:
    """A proxy has come with the envelope, which nobody has opened."""
    application = TOWN.received_renewal(resident, **BY_PROXY)
    TOWN.approve(application)
    return Application.objects.get(pk=application.pk)


def mismatched(resident: Resident) -> Application:
    """The form in the envelope does not open the card."""
    application, clerk = sealed(resident), TOWN.clerk()
    envelope.open_envelope(application, TOWN.clerk("second"), clerk=clerk, at=CLOCK.now())
    known = KNOWN_PINS | {PinKind.RESIDENT_REGISTER: Pin("9999")}
    with at_the_counter(application) as transport, suppress(Refused):
        TOWN.renew(application, transport, known)
    return Application.objects.get(pk=application.pk)


def begun(resident: Resident) -> Application:
    """Issued by the agency, and cut off before the card was written."""
    application, clerk = TOWN.approved(resident), TOWN.clerk()
    card = person_state(clerk, resident.pk).cards[0].card_number
    form = application_form(application)
    with at_the_counter(application) as transport:
        step = ask_agency(clerk, RequestIssuance(form, card, wanted(application), 0))
        for _stage in range(3):
            step = ask_agency(clerk, RelayAnswers(step.procedure, relay(transport, step.commands)))
    return application


@dataclass(frozen=True)
class Work:
    """An application in every state, and residents of whom something is to be seen."""

    refused: Application
    fine: Application
    rejected: Application
    ready: Application
    cut: Application
    done: Application
    over: Application
    held: Application
    lost: Application
    lapsed: Application
    forgotten: Application
    unknown: Application
    set_again: Application
    gone: Application
    moved: Resident
    rare: Resident
    near: Resident
    asked_for: Resident
    due: Resident
    renewal: Application
    examined: Application
    proved: Application
    renewing: Application
    forgetful: Application
    waiting: Application
    renewed: Application
    sealed: Application
    mismatched: Application
    to_revoke: Application
    formless: Application
    revoked: Application


def work_in_every_state() -> Work:
    for number in range(21):
        listed = person(f"一覧　{chr(0x4E00 + number)}子", "イチラン", card=False)
        TOWN.receive(listed, shown=(), terms_accepted=False)
    work = Work(
        refused=TOWN.receive(
            person("不備　花子", "フビ　ハナコ", birth_date=date(2013, 5, 5)), shown=(), terms_accepted=False
        ),
        fine=TOWN.receive(person("準備　太郎", "ジュンビ　タロウ")),
        rejected=TOWN.receive(person("不可　次郎", "フカ　ジロウ")),
        ready=TOWN.approved(person("受理　三郎", "ジュリ　サブロウ")),
        cut=begun(person("中断　四郎", "チュウダン　シロウ")),
        done=issued(person("発行　五郎", "ハッコウ　ゴロウ")),
        over=issued(person("交付　六郎", "コウフ　ロクロウ")),
        held=issued(person("紛失　七子", "フンシツ　ナナコ")),
        lost=issued(person("署名　十一", "ショメイ　ジュウイチ"), SIGNATURE),
        lapsed=issued(person("失効　十二", "シッコウ　ジュウニ"), SIGNATURE),
        forgotten=accepted_pins(person("失念　九郎", "シツネン　クロウ")),
        unknown=pins_wanted(person("不明　十子", "フメイ　トオコ"), shown=False),
        set_again=pins_set(person("再度　梅子", "サイド　ウメコ")),
        gone=TOWN.receive(person("転出　竹男", "テンシュツ　タケオ")),
        moved=person("転居　松男", "テンキョ　マツオ"),
        rare=person("髙橋　辻󠄁子", "タカハシ　ツジコ", adult_ward=True),
        near=person("近隣　八子", "キンリン　ハチコ", municipality_id="99102"),
        asked_for=person("理由　九子", "リユウ　キュウコ", municipality_id="99102"),
        due=due("更新　一美", "コウシン　カズミ"),
        renewal=TOWN.received_renewal(due("更新　二美", "コウシン　ツグミ")),
        examined=renewal_examined(due("審査　三美", "シンサ　ミツミ"), ALL_BUT_ONE),
        proved=renewal_examined(due("審査　四美", "シンサ　ヨツミ")),
        renewing=renewal_accepted(due("更新　三美", "コウシン　ミツミ")),
        forgetful=renewal_accepted(due("失念　三美", "シツネン　ミツミ"), ALL_BUT_ONE),
        waiting=renewed(due("更新　四美", "コウシン　ヨツミ"), commands=26),
        renewed=renewed(due("更新　五美", "コウシン　イツミ")),
        sealed=sealed(due("更新　六美", "コウシン　ムツミ")),
        mismatched=mismatched(due("更新　七美", "コウシン　ナナミ")),
        to_revoke=TOWN.received_revocation(issued(person("廃止　一江", "ハイシ　カズエ")).resident),
        formless=TOWN.received_revocation(
            issued(person("廃止　二江", "ハイシ　ツグエ")).resident,
            details={"form_received": False},
            shown=(),
        ),
        revoked=TOWN.revoke(
            issued(person("廃止　三江", "ハイシ　ミツエ")).resident, why=WhyRevoked.CARD_HANDED_IN
        ),
    )
    TOWN.approve(work.to_revoke)
    TOWN.reject(work.rejected, "写真と本人が一致しない。")
    TOWN.hand_over(work.over)
    gone, destination = work.gone.resident, "ほかの県ほかの市１－２－３"
    move_out(gone, destination, day_in_japan(CLOCK.now()), clerk=TOWN.clerk(), at=CLOCK.now())
    record_change_of_address(work.moved, "みほん県みほん市架空が丘３－２－１", clerk="hanako", at=CLOCK.now())
    for application in (work.held, work.lost, work.lapsed):
        TOWN.report_loss(application.resident_id)
    report_loss(work.lapsed.resident, clerk=TOWN.clerk(), at=CLOCK.now())
    return work


def of_applications(work: Work) -> dict[str, str]:
    counter = "/counter/applications/"
    return {
        "applications": counter,
        "applications-2": f"{counter}?page=2",
        "application-refused": f"{counter}{work.refused.number}/",
        "application-fine": f"{counter}{work.fine.number}/",
        "application-rejected": f"{counter}{work.rejected.number}/",
        "application-approved": f"{counter}{work.ready.number}/",
        "application-issued": f"{counter}{work.done.number}/",
        "application-lapsed": f"{counter}{work.lapsed.number}/",
        "application-gone": f"{counter}{work.gone.number}/",
        "application-handed-over": f"{counter}{work.over.number}/",
        "issue": f"{counter}{work.ready.number}/issue/",
        "issue-cut": f"{counter}{work.cut.number}/issue/",
        "receipt": f"{counter}{work.done.number}/receipt/",
        "receipt-handed-over": f"{counter}{work.over.number}/receipt/",
        "receipt-lapsed": f"{counter}{work.lapsed.number}/receipt/",
        "application-pins": f"{counter}{work.forgotten.number}/",
        "application-pins-refused": f"{counter}{work.unknown.number}/",
        "application-pins-set": f"{counter}{work.set_again.number}/",
        "set-pins": f"{counter}{work.forgotten.number}/pins/",
        "conflict": f"{counter}{work.fine.number}/issue/",
        "application-renewal": f"{counter}{work.renewal.number}/",
        "application-renewed": f"{counter}{work.renewed.number}/",
        "renew": f"{counter}{work.renewing.number}/renew/",
        "renew-anew": f"{counter}{work.forgetful.number}/renew/",
        "renew-known": f"{counter}{work.forgetful.number}/renew/?known=signature",
        "application-renewal-pins": f"{counter}{work.examined.number}/",
        "application-renewal-proved": f"{counter}{work.proved.number}/",
        "renewals-due": "/counter/renewals-due/",
        "renewals-due-lapsed": "/counter/renewals-due/?phase=lapsed&letter=returned",
        "envelopes": "/counter/envelopes/",
        "inquiries": "/counter/inquiries/",
        "prove-pins": f"{counter}{work.renewal.number}/prove-pins/",
        "renew-cut": f"{counter}{work.waiting.number}/renew/",
        "open-envelope": f"{counter}{work.sealed.number}/envelope/",
        "renew-inquiry": f"{counter}{work.mismatched.number}/renew/",
        "renewal-receipt": f"{counter}{work.renewed.number}/renewal-receipt/",
        "application-revocation": f"{counter}{work.to_revoke.number}/",
        "application-revocation-refused": f"{counter}{work.formless.number}/",
        "application-revoked": f"{counter}{work.revoked.number}/",
        "revoke": f"{counter}{work.to_revoke.number}/revoke/",
        "revocation-receipt": f"{counter}{work.revoked.number}/revocation-receipt/",
    }


def of_residents(work: Work) -> dict[str, str]:
    residents = "/counter/residents/"
    over, held = (f"{residents}{each.resident.public_id}/" for each in (work.over, work.held))
    return {
        "search": residents,
        "resident": over,
        "resident-held": held,
        "resident-lost": f"{residents}{work.lost.resident.public_id}/",
        "resident-elsewhere": f"{residents}{work.near.public_id}/",
        "resident-elsewhere-shown": f"{residents}{work.asked_for.public_id}/",
        "resident-due": f"{residents}{work.due.public_id}/",
        "new-renewal": f"{residents}{work.due.public_id}/new-renewal/",
        "new-application": f"{over}new-application/",
        "new-application-rare": f"{residents}{work.rare.public_id}/new-application/",
        "release": f"{held}release/",
        "paper-form": f"{over}form/issuing/",
        "paper-form-revocation": f"{over}form/revocation/",
        "new-revocation": f"{over}new-revocation/",
        "new-revocation-nothing": f"{residents}{work.rare.public_id}/new-revocation/",
        "record-error": f"{over}record-error/",
        "record-error-nothing": f"{residents}{work.rare.public_id}/record-error/",
        "confirm-record-error": f"{over}record-error/name/",
        "address": f"{over}address/",
        "move-out": f"{over}moving-out/",
        "move-abroad": f"{over}moving-abroad/",
        "birth": f"{over}birth/",
        "resident-moved": f"{residents}{work.moved.public_id}/",
        "card-update": f"{residents}{work.moved.public_id}/card/update/",
        "card-clear": f"{over}card/clear/",
        "card-end": f"{over}card/end/",
        "new-pin-reset": f"{over}new-pin-reset/",
        "new-pin-reset-lost": f"{held}new-pin-reset/",
        "moved-out": f"{residents}{work.gone.resident.public_id}/",
        "not-resident": f"{residents}{'0' * 32}/new-application/",
    }


def shown(application: Application) -> str:
    """The id of the hotline's pages about an applicant, whom an operator has looked for."""
    resident = application.resident
    hits = looks.search(TOWN.operator(), resident.name, resident.birth_date, resident.address, at=CLOCK.now())
    return next(holder.pk for holder, hit in hits if hit.person_code == resident.pk)


def of_the_hotline(work: Work) -> dict[str, str]:
    return {
        "not-allowed": "/hotline/",
        "not-found": "/nowhere/",
        "hotline": "/hotline/",
        "confirm": f"/hotline/holders/{shown(work.over)}/hold/",
        "confirm-nothing": f"/hotline/holders/{shown(work.lapsed)}/hold/",
        "holder": f"/hotline/holders/{shown(work.held)}/",
        "calls": "/hotline/calls/",
    }


def people_of_the_walks() -> None:
    """Whose card is reported lost while nothing of it can be released; who forgot a box on the form."""
    issued(person("紛失　署名", "フンシツ　ショメイ"), SIGNATURE)
    revoked = issued(person("紛失　失効", "フンシツ　シッコウ")).resident
    TOWN.report_loss(revoked.pk)
    TOWN.revoke(revoked, Purpose.USER_AUTHENTICATION)
    expired = issued(person("紛失　満了", "フンシツ　マンリョウ")).resident
    # As if five years had passed: no certificate can be issued that has ended already.
    IssuanceRecord.objects.filter(person_code=expired.pk).update(expiry_date=date(2026, 1, 1))
    for kana in ("イチコ", "ニコ"):
        TOWN.receive(person(f"訂正　{kana}", f"テイセイ　{kana}"), SIGNATURE, terms_accepted=False)


def main(people: Callable[[], dict[str, str]]) -> None:
    open_installation(CLOCK, population=6)
    passwords = {login.user_name: login.password for login in demo_logins(CLOCK)}
    work = work_in_every_state()
    addresses = of_applications(work) | of_residents(work) | of_the_hotline(work)
    person("手本　太郎", "テホン　タロウ")
    people_of_the_walks()
    issued(
        person(
            "髙橋　花代",
            "タカハシ　ハナヨ",
            birth_date=date(1980, 5, 1),
            address="みほん県みほん市手本通７－８",
        ),
        recorded_name="高橋　花代",
        substitutes_accepted=True,
    )
    told = {"passwords": passwords, "addresses": addresses, "people": people()}
    json.dump(told, sys.stdout)
