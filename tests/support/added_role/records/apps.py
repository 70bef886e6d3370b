from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "tests.support.added_role.records"
    label = "library_records"
