"""How Django forms are drawn: through the console's own components.

It decides no rule and validates nothing; rooms keep their forms, this only chooses the templates, so that
`{{ form }}` and `{{ field.as_field_group }}` give label, required mark, hint, control and error their ids.
"""

from django.forms.renderers import TemplatesSetting


class ConsoleFormRenderer(TemplatesSetting):
    """Draws forms with `honnin/form.html` and each field with `honnin/components/field.html`.

    For `FORM_RENDERER`; needs `django.forms` in `INSTALLED_APPS`, since the widgets stay Django's own.
    """

    form_template_name = "honnin/form.html"
    field_template_name = "honnin/components/field.html"
