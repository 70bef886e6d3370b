from django.apps import AppConfig


class ReservationsConfig(AppConfig):
    name = "honnin.agency.reservations"
    label = "agency_reservations"
