from django.apps import AppConfig


class CounterConfig(AppConfig):
    name = "honnin.municipality.counter"
    label = "municipality_counter"

    def ready(self) -> None:
        """What is common to all procedures, and then each of them, declares its pages and acts."""
        from honnin.municipality.counter.applications import declaration as applications
        from honnin.municipality.counter.declaration import register
        from honnin.municipality.counter.procedures import declared
        from honnin.municipality.counter.residents import declaration as residents

        register((applications.COMMON, residents.COMMON, *declared()))
