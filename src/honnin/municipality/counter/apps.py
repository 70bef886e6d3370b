from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from honnin.municipality.counter.declaration import Procedure


class CounterConfig(AppConfig):
    name = "honnin.municipality.counter"
    label = "municipality_counter"

    def ready(self) -> None:
        from honnin.municipality.counter.declaration import register

        register(_declared)


def _declared() -> "Iterator[Procedure]":
    """What is common to all procedures, and then each of them, declares its pages and acts."""
    from honnin.municipality.counter.applications import declaration as applications
    from honnin.municipality.counter.procedures import declared
    from honnin.municipality.counter.residents import declaration as residents

    yield from (applications.COMMON, residents.COMMON, *declared())
