from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "honnin.sites"
    label = "sites"

    def ready(self) -> None:
        from honnin.sites import database_files, wiring

        wiring.connect()
        database_files.watch_files()
