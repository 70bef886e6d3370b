from django.apps import AppConfig


class CounterConfig(AppConfig):
    name = "honnin.municipality.counter"
    label = "municipality_counter"
