from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "honnin.sites"
    label = "sites"

    def ready(self) -> None:
        from honnin.sites import wiring

        wiring.connect_in_process()
