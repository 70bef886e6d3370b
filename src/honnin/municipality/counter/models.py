"""The counter's tables, where the framework looks for them."""

from honnin.municipality.counter.applications.models import *  # noqa: F403
