from django.apps import apps


def test_the_rooms_with_memory_are_django_apps() -> None:
    assert apps.get_app_config("agency_records").name == "honnin.agency.records"
