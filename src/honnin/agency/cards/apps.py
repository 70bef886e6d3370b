from django.apps import AppConfig


class CardsConfig(AppConfig):
    name = "honnin.agency.cards"
    label = "agency_cards"
