"""Who reads the pages of a request: the room that admits somebody says it, the pages of errors ask.

Until somebody was admitted it is the public.
"""

from django.http import HttpRequest

from honnin.errors import Reader

_KEPT = "honnin_reader"


def read_by(request: HttpRequest, reader: Reader) -> None:
    """From here on this reader's sentences are said."""
    setattr(request, _KEPT, reader)


def reader_of(request: HttpRequest) -> Reader:
    """Who reads the answer."""
    reader: Reader = getattr(request, _KEPT, Reader.PUBLIC)
    return reader
