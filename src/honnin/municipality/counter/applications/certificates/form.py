"""The form of an application for certificates, as it travels to the agency."""

from honnin.clock import day_in_japan
from honnin.law.names.characters import SubstituteCharacters, record_with_substitutes
from honnin.law.terms import Purpose
from honnin.municipality.counter.applications.certificates.facts import recorded_form
from honnin.municipality.counter.applications.facts import purposes_of
from honnin.municipality.counter.applications.models import Application
from honnin.wire.messages.issuance import ApplicationForm


def wanted(application: Application) -> tuple[Purpose, ...]:
    """The purposes applied for; authentication first, since it caps the signature certificate."""
    return tuple(sorted(purposes_of(application), reverse=True))


def application_form(application: Application) -> ApplicationForm:
    """The form as it travels to the agency. Only a signature certificate records name and address."""
    resident, place = application.resident, application.municipality
    name = address = SubstituteCharacters("", "")
    if application.signature:
        name = record_with_substitutes(resident.name, recorded_form(resident.name, application.recorded_name))
        address = record_with_substitutes(
            resident.address, recorded_form(resident.address, application.recorded_address)
        )
    four = resident.basic_four()
    return ApplicationForm(
        application_number=application.number,
        received_on=day_in_japan(application.received_at),
        person_code=resident.person_code,
        name=four.name,
        birth_date=four.birth_date,
        sex=four.sex,
        address=four.address,
        recorded_name=name.text,
        name_flags=name.flags,
        recorded_address=address.text,
        address_flags=address.flags,
        prefecture_romaji=place.prefecture_romaji,
        municipality_romaji=place.romaji,
        kana=resident.kana,
    )
