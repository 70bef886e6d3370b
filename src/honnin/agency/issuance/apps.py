from django.apps import AppConfig


class IssuanceConfig(AppConfig):
    name = "honnin.agency.issuance"
    label = "agency_issuance"
