from django.apps import AppConfig


class AuthorityConfig(AppConfig):
    name = "honnin.agency.authority"
    label = "agency_authority"
