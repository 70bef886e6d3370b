from django.apps import AppConfig


class RequestsConfig(AppConfig):
    name = "honnin.agency.requests"
    label = "agency_answered"
