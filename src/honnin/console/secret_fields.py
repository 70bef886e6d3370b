"""Fields into which a PIN or a password is typed: their names tell them, wherever a form's values go."""

import re
from typing import Any

from django import forms

_SECRET = re.compile(r"(?:^|[_-])(?:pin|password|(?<!not_)known)(?:_again)?$")


def secret_field(name: str) -> bool:
    """Whether a PIN or a password is typed into a field of this name: it is never put back into a page."""
    return _SECRET.search(name) is not None


class SecretInput(forms.PasswordInput):
    """The only input for a PIN or a password: it is not drawn under a name that does not tell it."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Raises ValueError for a name by which nobody knows what is typed there."""
        if not secret_field(name):
            raise ValueError(f"{name} does not say that it is a secret")
        return super().get_context(name, value, attrs)
