"""A hidden mark of forms that had faults, so that the faults are shown in another language too."""

from django import forms, template

register = template.Library()


@register.filter
def fault_mark(form: forms.BaseForm) -> str:
    """Which form it is; with a `!` where the fault is of no single field."""
    return type(form).__name__ + ("!" if form.non_field_errors() else "")
