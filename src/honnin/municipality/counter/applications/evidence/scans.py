"""Scanned copies on a form: as they are sent, and as the form brings them again after a fault.

A copy that was read is kept for the clerk's session (`console.entered.kept_files`), and the page says so and
carries its handle. Where a copy is kept no more, the page says that it must be chosen again.
"""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from honnin.console.entered import kept_files
from honnin.console.instants import instant
from honnin.errors import Malformed, explain
from honnin.municipality.counter.applications.evidence.copies import LARGEST_COPY, media_type_of
from honnin.municipality.counter.applications.models import Application
from honnin.municipality.counter.wording import language

if TYPE_CHECKING:
    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

_ACCEPT = "image/jpeg,image/png,application/pdf"
_ATTRIBUTES = {
    "accept": _ACCEPT,
    "data-largest": LARGEST_COPY,  # for static/honnin/files.js
    "data-too-large": gettext_lazy("This file is larger than 5 MB. Choose a smaller one."),
}
_KEPT, _DROPPED = "_kept", "_dropped"


class KeptUpload(SimpleUploadedFile):
    """A file that was sent before and kept."""

    def __init__(self, file: kept_files.File) -> None:
        super().__init__(file.name or "scan", file.content)
        self.file_kept = file


class LostUpload(SimpleUploadedFile):
    """A file that was sent before and is kept no more."""

    def __init__(self) -> None:
        super().__init__("lost", b"")


class ScanInput(forms.FileInput):
    """A file to choose; where one is kept already, its name, its handle and a way to leave it out."""

    template_name = "counter/scan_input.html"
    kept: kept_files.File | None = None
    lost = False  # it was chosen, and must be again

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        places = {"kept_name": f"{name}{_KEPT}", "dropped_name": f"{name}{_DROPPED}"}
        context["widget"] |= {"kept": self.kept, "lost": self.lost, **places}
        return context


class CopyField(forms.FileField):
    """A scanned copy: JPEG, PNG or PDF by its content, at most 5 MiB. Its value is the bytes."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("help_text", gettext_lazy("JPEG, PNG or PDF, up to 5 MB."))
        super().__init__(widget=ScanInput(attrs=_ATTRIBUTES), allow_empty_file=True, **options)

    def clean(self, data: object, initial: object = None) -> bytes | None:
        if isinstance(data, LostUpload):
            raise forms.ValidationError(_("The file that was chosen is no longer kept. Choose it again."))
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return None
        upload.seek(0)
        content = bytes(upload.read(LARGEST_COPY + 1))
        try:
            media_type_of(content)
        except Malformed as error:
            spoken = language()
            raise forms.ValidationError(explain(error.code, spoken).paragraph(spoken)) from error
        return content


class Scans:
    """The copies that come with one form of one page. `place` says what for: a copy is of use there alone."""

    def __init__(self, request: HttpRequest, place: str) -> None:
        self._request, self._place = request, place
        self._at = instant(request)
        self._files = request.FILES.copy()
        for field, handle in self._handles():
            if field not in self._files and f"{field}{_DROPPED}" not in request.POST:
                file = kept_files.kept(request, place, handle, at=self._at)
                self._files[field] = KeptUpload(file) if file else LostUpload()

    def sent(self) -> tuple[()] | tuple[QueryDict, MultiValueDict[str, Upload]]:
        """What a form is bound to: nothing where the page is only looked at."""
        return (self._request.POST, self._files) if self._request.method == "POST" else ()

    def keep(self, form: forms.Form) -> None:
        """Let the form bring its copies again, all that can be read."""
        if form.is_bound:
            form.files = self._files
        for name, field in form.fields.items():
            upload = self._files.get(name)
            if isinstance(field, CopyField) and upload is not None:
                assert isinstance(field.widget, ScanInput)
                field.widget.kept = self._kept(field, upload)
                field.widget.lost = field.widget.kept is None and not form.is_bound

    def forget(self) -> None:
        """The form was accepted."""
        kept_files.forget(self._request, [handle for _field, handle in self._handles()])

    def _kept(self, field: CopyField, upload: Upload) -> kept_files.File | None:
        if isinstance(upload, KeptUpload):
            return upload.file_kept
        try:
            content = field.clean(upload)
        except forms.ValidationError:
            return None
        if content is None:
            return None
        return kept_files.keep(self._request, self._place, upload.name or "", content, at=self._at)

    def _handles(self) -> list[tuple[str, str]]:
        """The scanned copies that the form brings again: field and handle of each."""
        sent = ((name, str(each)) for name, each in self._request.POST.items() if name.endswith(_KEPT))
        return [(name.removesuffix(_KEPT), each) for name, each in sent if each][: kept_files.MOST_KEPT]


def scans_of(request: HttpRequest, found: Application) -> Scans:
    return Scans(request, f"evidence of {found.number}")
