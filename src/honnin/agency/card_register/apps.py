from django.apps import AppConfig


class CardsConfig(AppConfig):
    name = "honnin.agency.card_register"
    label = "agency_cards"
