from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "honnin.agency.notices"
    label = "agency_notices"
