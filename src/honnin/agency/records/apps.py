from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "honnin.agency.records"
    label = "agency_records"
