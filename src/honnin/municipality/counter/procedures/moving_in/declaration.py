"""A notice of moving in."""

from django.urls import path
from django.utils.translation import gettext_lazy

from honnin.law.counter.acts import CounterAct
from honnin.municipality.counter.declaration import Procedure
from honnin.municipality.counter.procedures.moving_in import views

NOT_IN_THE_TEXTS = "the published texts tell of the application that follows, and not of the notice"

PROCEDURE = Procedure(
    "moving_in",
    urls=[path("moving-in/", views.move_in, name="move_in")],
    acts={CounterAct.MOVE_IN: NOT_IN_THE_TEXTS},
    pages={"move_in": NOT_IN_THE_TEXTS},
    menu=[("move_in", gettext_lazy("Record moving in"))],
)
