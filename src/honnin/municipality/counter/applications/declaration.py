"""What all applications have in common: the list, the page of one, evidence, corrections, the decision."""

from django.urls import path
from django.utils.translation import gettext_lazy

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.applications.views import (
    amendments,
    application,
    evidence,
    examination,
    paper,
)
from honnin.municipality.counter.declaration import (
    LOOK,
    OF_APPLICATION,
    OF_RESIDENT,
    STEP_OF_APPLICATION,
    Procedure,
)

COMMON = Procedure(
    "applications",
    urls=[
        path(f"{OF_RESIDENT}form/<words:procedure>/", paper.paper_form, name="paper_form"),
        path("applications/", application.applications, name="applications"),
        path(OF_APPLICATION, application.application, name="application"),
        path(f"{OF_APPLICATION}amend/", amendments.amend, name="amend"),
        path(f"{OF_APPLICATION}withdraw/", amendments.withdraw, name="withdraw"),
        path(f"{OF_APPLICATION}evidence/", evidence.evidence, name="evidence"),
        path(f"{OF_APPLICATION}evidence/<opaque:copy_id>/", evidence.evidence_copy, name="evidence_copy"),
        path(f"{OF_APPLICATION}approve/", examination.approve, name="approve"),
        path(f"{OF_APPLICATION}reject/", examination.reject, name="reject"),
        path(f"{OF_APPLICATION}end/", examination.end, name="end"),
    ],
    acts={
        CounterAct.RECEIVE: STEP_OF_APPLICATION,
        CounterAct.AMEND: STEP_OF_APPLICATION,
        CounterAct.WITHDRAW: STEP_OF_APPLICATION,
        CounterAct.ADD_EVIDENCE: STEP_OF_APPLICATION,
        CounterAct.APPROVE: STEP_OF_APPLICATION,
        CounterAct.REJECT: STEP_OF_APPLICATION,
        CounterAct.END: STEP_OF_APPLICATION,
        CounterAct.LOOK_AT_APPLICATION: LOOK,
        CounterAct.LOOK_AT_COPY: LOOK,
    },
    pages={
        **dict.fromkeys(("applications", "application", "evidence_copy", "paper_form"), LOOK),
        **dict.fromkeys(
            ("amend", "withdraw", "evidence", "approve", "reject", "end"),
            STEP_OF_APPLICATION,
        ),
    },
    menu=[("applications", gettext_lazy("Applications received"))],
)
