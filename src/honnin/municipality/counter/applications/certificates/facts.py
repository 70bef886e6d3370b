"""What the register's texts become in a certificate, and what stands against them."""

from honnin.errors import Refusal
from honnin.law.names.characters import address_refusals, needs_substitute, recorded_text_refusals
from honnin.municipality.counter.applications.models import Application


def recorded_form(text: str, substituted: str) -> str:
    """What a certificate will say of a text of the register: itself, unless it needs substitutes.

    The form that a clerk entered for an earlier text is of no use for one that needs none.
    """
    return substituted if substituted and needs_substitute(text) else text


def substitute_refusals(application: Application) -> tuple[Refusal, ...]:
    """Why the texts of the register cannot be recorded in the form that was entered."""
    if not application.signature:
        return ()
    resident = application.resident
    found = (
        *recorded_text_refusals(resident.name, recorded_form(resident.name, application.recorded_name)),
        *recorded_text_refusals(
            resident.address, recorded_form(resident.address, application.recorded_address)
        ),
        *address_refusals(resident.address),
    )
    return tuple(dict.fromkeys(found))


def needs_substitutes(application: Application) -> bool:
    """Whether name or address has a character that a certificate cannot record."""
    resident = application.resident
    return bool(needs_substitute(resident.name) or needs_substitute(resident.address))
