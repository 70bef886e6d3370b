from django.apps import AppConfig

from honnin.console import opaque


class ConsoleConfig(AppConfig):
    name = "honnin.console"
    label = "console"

    def ready(self) -> None:
        opaque.register()
