from django.apps import AppConfig


class AnsweredConfig(AppConfig):
    name = "honnin.agency.answered"
    label = "agency_answered"
