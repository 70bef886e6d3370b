from django.apps import AppConfig


class CardUpdatesConfig(AppConfig):
    name = "honnin.agency.card_updates"
    label = "agency_card_updates"
