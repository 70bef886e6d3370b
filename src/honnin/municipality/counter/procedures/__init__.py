"""What can be done at the counter: one folder for each procedure, and this list of them.

Each folder has a `declaration`, in which the procedure says everything of itself that others ask, and what it
needs besides of forms, services, views, words, templates and translations. To add a procedure is to add its
folder and its name here, in the order in which the page of a resident offers it.

Nothing is imported until the framework is ready: each folder is one of its apps, for its templates.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from honnin.municipality.counter.declaration import Procedure

PROCEDURES = (
    "change_address",
    "moving_in",
    "moving_out",
    "moving_abroad",
    "birth",
    "change_entry",
    "removal",
    "issuing",
    "renewal",
    "pin_reset",
    "revocation",
    "record_error",
    "card_work",
    "loss",
)
APPS = tuple(f"{__name__}.{name}" for name in PROCEDURES)


def declared() -> "Iterator[Procedure]":
    """What each of them declares."""
    for app in APPS:
        procedure: Procedure = import_module(f"{app}.declaration").PROCEDURE
        yield procedure
