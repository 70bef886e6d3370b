"""The audience of a request's pages (public, clerk, operator): set when somebody is admitted, used by error
pages. By default it is the public.
"""

from django.http import HttpRequest

from honnin.errors import Reader

_KEPT = "honnin_reader"


def read_by(request: HttpRequest, reader: Reader) -> None:
    """Set the audience of this request."""
    setattr(request, _KEPT, reader)


def reader_of(request: HttpRequest) -> Reader:
    """The audience of this request."""
    reader: Reader = getattr(request, _KEPT, Reader.PUBLIC)
    return reader
