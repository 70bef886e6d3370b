from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "honnin.agency.status"
    label = "agency_status"
