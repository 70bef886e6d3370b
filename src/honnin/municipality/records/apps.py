from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "honnin.municipality.records"
    label = "municipality_records"
