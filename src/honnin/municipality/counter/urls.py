"""Addresses of the counter's pages. None says who it is about: people and copies have opaque ids there."""

from django.urls import path

from honnin.municipality.counter.applications.amendments import views as amendment
from honnin.municipality.counter.applications.views import application as applications
from honnin.municipality.counter.procedures.card_work import views as card_work
from honnin.municipality.counter.procedures.change_address import views as moves
from honnin.municipality.counter.procedures.issuing import views as issuing
from honnin.municipality.counter.procedures.pin_reset import views as pin_reset
from honnin.municipality.counter.residents import reason as looks
from honnin.municipality.counter.residents import views as residents

app_name = "counter"
_APPLICATION = "applications/<application:number>/"
_RESIDENT = "residents/<opaque:public_id>/"

urlpatterns = [
    path("applications/", applications.applications, name="applications"),
    path(_APPLICATION, applications.application, name="application"),
    path(f"{_APPLICATION}amend/", amendment.amend, name="amend"),
    path(f"{_APPLICATION}withdraw/", amendment.withdraw, name="withdraw"),
    path(f"{_APPLICATION}evidence/", applications.evidence, name="evidence"),
    path(f"{_APPLICATION}evidence/<opaque:copy_id>/", applications.evidence_copy, name="evidence_copy"),
    path(f"{_APPLICATION}approve/", applications.approve, name="approve"),
    path(f"{_APPLICATION}reject/", applications.reject, name="reject"),
    path(f"{_APPLICATION}issue/", issuing.issue, name="issue"),
    path(f"{_APPLICATION}pins/", pin_reset.set_pins, name="set_pins"),
    path(f"{_APPLICATION}receipt/", issuing.receipt, name="receipt"),
    path(f"{_APPLICATION}hand-over/", issuing.hand_over, name="hand_over"),
    path(f"{_APPLICATION}end/", issuing.end, name="end"),
    path("residents/", residents.residents, name="residents"),
    path("residents/search/<opaque:handle>/", residents.found, name="found"),
    path(_RESIDENT, residents.resident, name="resident"),
    path(f"{_RESIDENT}reason/", looks.give_reason, name="give_reason"),
    path(f"{_RESIDENT}new-application/", applications.new_application, name="new_application"),
    path(f"{_RESIDENT}new-pin-reset/", pin_reset.new_pin_reset, name="new_pin_reset"),
    path(f"{_RESIDENT}release/", residents.release, name="release"),
    path(f"{_RESIDENT}loss/", residents.report_loss, name="report_loss"),
    path(f"{_RESIDENT}revoke/", residents.revoke, name="revoke"),
    path(
        f"{_RESIDENT}revoke/<words:ground>/<words:purposes>/",
        residents.confirm_revocation,
        name="confirm_revocation",
    ),
    path(f"{_RESIDENT}card/<words:name>/", card_work.work, name="card_work"),
    path(f"{_RESIDENT}address/", moves.change_address, name="change_address"),
    path(f"{_RESIDENT}moving-out/", moves.move_out, name="move_out"),
]
