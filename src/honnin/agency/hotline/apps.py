from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "honnin.agency.hotline"
    label = "agency_hotline"
