from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "honnin.console"
    label = "console"
