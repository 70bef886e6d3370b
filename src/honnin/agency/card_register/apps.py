from django.apps import AppConfig


class CardRegisterConfig(AppConfig):
    name = "honnin.agency.card_register"
    label = "agency_cards"
