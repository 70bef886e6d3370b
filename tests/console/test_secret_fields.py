"""Whatever asks for a PIN or a password is known by the name of its field, wherever a form's values go."""

import gc
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
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


def holds(request: HttpRequest, octets: bytes) -> bool:
    """Whether text, octets or a stream that are reached from a request have these in them."""
    seen: set[int] = set()
    left: list[object] = [request]
    while left:
        each = left.pop()
        if id(each) in seen or isinstance(each, type):
            continue
        seen.add(id(each))
        kept = each.getvalue() if isinstance(each, BytesIO) else each
        if isinstance(kept, str):
            kept = kept.encode()
        if isinstance(kept, bytes) and octets in kept:
            return True
        if isinstance(each, dict | list | tuple | HttpRequest) or hasattr(each, "read"):
            left += gc.get_referents(each)
    return False


@pytest.mark.parametrize("is_read", [False, True])
def test_the_form_as_a_browser_sends_it_ends_with_its_request_too(is_read: bool) -> None:
    secret = "".join(("Q7", "XJ", "K9", "W2"))
    body = f"signature_known={secret}&purposes=signature"
    request = RequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")
    assert holds(request, secret.encode())
    if is_read:
        assert request.body
    body = ""
    ForgetSecrets(lambda given: HttpResponse(given.POST["signature_known"]))(request)
    assert not holds(request, secret.encode())
    assert dict(request.POST.lists()) == {"purposes": ["signature"]}
