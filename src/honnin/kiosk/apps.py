from django.apps import AppConfig


class KioskConfig(AppConfig):
    name = "honnin.kiosk"
    label = "kiosk"
