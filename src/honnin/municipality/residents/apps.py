from django.apps import AppConfig


class ResidentsConfig(AppConfig):
    name = "honnin.municipality.residents"
    label = "municipality_residents"
