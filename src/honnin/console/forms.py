"""How Django forms are drawn, through the console's own components; the one field for words of an entry.

It decides no rule: rooms keep their forms, the law says what an entry may hold. The templates chosen here
give `{{ form }}` and `{{ field.as_field_group }}` label, required mark, hint, control and error with ids.
"""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import get_language

from honnin.errors import explain, language_of
from honnin.law.names.entered import ITEMS, as_recorded, entered_refusals


class ConsoleFormRenderer(TemplatesSetting):
    """Draws forms with `honnin/form.html` and each field with `honnin/components/field.html`.

    For `FORM_RENDERER`; needs `django.forms` in `INSTALLED_APPS`, since the widgets stay Django's own.
    """

    form_template_name = "honnin/form.html"
    field_template_name = "honnin/components/field.html"


class EntryField(forms.CharField):
    """An item of an entry (`law.names.entered.ITEMS`), as somebody types it, and as an entry has it.

    `stands`: what the entry says, which may stay as it is though it was recorded before there was a rule.
    """

    stands = ""

    def __init__(self, item: str, **options: Any) -> None:
        self.item = item
        options.setdefault("max_length", ITEMS[item].longest)
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "lang": "ja"}))
        super().__init__(**options)

    def clean(self, value: object) -> str:
        text = str(super().clean(value))
        language = language_of(get_language())
        if text == self.stands:
            return text
        if refusals := entered_refusals({self.item: text}):
            raise forms.ValidationError(
                [explain(each.code, language, dict(each.details)).paragraph(language) for each in refusals]
            )
        return as_recorded(ITEMS[self.item], text)


def let_stand(form: forms.Form, entry: object) -> None:
    """Let each item stay as an entry says it, whatever that is."""
    for name, field in form.fields.items():
        if isinstance(field, EntryField):
            field.stands = getattr(entry, name, "")
