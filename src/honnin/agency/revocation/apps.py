from django.apps import AppConfig


class RevocationConfig(AppConfig):
    name = "honnin.agency.revocation"
    label = "agency_revocation"
