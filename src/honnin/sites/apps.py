from django.apps import AppConfig


class SitesConfig(AppConfig):
    name = "honnin.sites"
    label = "sites"

    def ready(self) -> None:
        from honnin.sites.databases import database_files
        from honnin.sites.lines import wiring

        wiring.connect()
        database_files.watch_files()
