"""The counter's tables, where the framework looks for them."""

from honnin.municipality.counter.applications.models import Amendment, Application, EvidenceCopy
from honnin.municipality.counter.guards.models import Clerk, ReasonedLook

__all__ = ["Amendment", "Application", "Clerk", "EvidenceCopy", "ReasonedLook"]
