"""Whatever asks for a PIN or a password is known by the name of its field, wherever a form's values go."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.http import HttpResponse
from django.test import RequestFactory

from honnin.console.middleware import ForgetSecrets
from honnin.console.secret_fields import SecretInput, secret_field
from tests.support.console import PIN_FIELDS


def forms_of(kind: type[forms.Form]) -> Iterator[type[forms.Form]]:
    for each in kind.__subclasses__():
        yield each
        yield from forms_of(each)


def test_every_field_for_a_secret_is_known_by_its_name() -> None:
    found = [each for each in forms_of(forms.Form) if each.__module__.startswith("honnin.")]
    assert len(found) > 20
    for kind in found:
        for name, field in kind.base_fields.items():
            assert secret_field(name) is isinstance(field.widget, SecretInput), name
            assert type(field.widget) is not forms.PasswordInput
    assert all(map(secret_field, PIN_FIELDS))
    assert secret_field("colleague-password")


def test_a_secret_is_not_typed_under_a_name_that_does_not_tell_it() -> None:
    assert 'type="password"' in SecretInput().render("signature_known", "")
    for name in ("signature", "signature_not_known", "pins", "kind"):
        with pytest.raises(ValueError, match=name):
            SecretInput().render(name, "")


def test_no_other_input_takes_secrets() -> None:
    sources = [
        each for each in Path("src/honnin").rglob("*.py") if "PasswordInput" in each.read_text("utf-8")
    ]
    assert {each.name for each in sources} == {"secret_fields.py", "typed.py"}
    drawn = [each.read_text("utf-8") for each in Path("src/honnin").rglob("*.html")]
    assert not [each for each in drawn if 'type="password"' in each]


def test_secrets_that_were_sent_end_with_their_request() -> None:
    """What else was typed stays, for whoever looks at the answer."""
    request = RequestFactory().post("/", {"signature_known": "ABC123", "purposes": ["signature"], "pin": "1"})
    ForgetSecrets(lambda given: HttpResponse(given.POST["signature_known"]))(request)
    assert dict(request.POST.lists()) == {"purposes": ["signature"]}
