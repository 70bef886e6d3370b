"""URL path converters: opaque ids, application numbers and fixed words; no personal data in addresses."""

import secrets

from django.urls import register_converter
from django.urls.converters import StringConverter

LENGTH = 32


def new_opaque_id() -> str:
    """128 random bits in hex, without meaning and impossible to guess."""
    return secrets.token_hex(LENGTH // 2)


class OpaqueId(StringConverter):
    """A part of an address that is such an id: `<opaque:public_id>`. No code, number or name is one."""

    regex = f"[0-9a-f]{{{LENGTH}}}"


class ApplicationNumber(StringConverter):
    """A reception number as it is printed: municipality, day, six random characters (`<application:…>`)."""

    regex = "[0-9]{5}-[0-9]{8}-[0-9A-F]{6}"


class Words(StringConverter):
    """One of a few words of ours, or several with + between (`<words:…>`)."""

    regex = "[a-z_+]{1,60}"


def register() -> None:
    """Register the converters with Django's `path`, once in a process."""
    register_converter(OpaqueId, "opaque")
    register_converter(ApplicationNumber, "application")
    register_converter(Words, "words")
