"""Looking somebody up, which every procedure begins with."""

from django.urls import path
from django.utils.translation import gettext_lazy

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import LOOK, OF_RESIDENT, Procedure
from honnin.municipality.counter.residents import reason, search, views

COMMON = Procedure(
    "residents",
    urls=[
        path("residents/", search.residents, name="residents"),
        path("residents/search/<opaque:handle>/", search.found, name="found"),
        path(OF_RESIDENT, views.resident, name="resident"),
        path(f"{OF_RESIDENT}reason/", reason.give_reason, name="give_reason"),
    ],
    acts={CounterAct.LOOK_AT_PERSON: LOOK},
    pages=dict.fromkeys(("residents", "found", "resident", "give_reason"), LOOK),
    menu=[("residents", gettext_lazy("Residents and their certificates"))],
)
