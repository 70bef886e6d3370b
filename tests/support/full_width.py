"""What an input method writes that is still switched on."""


def full_width(text: str) -> str:
    """Printable ASCII without spaces, in full-width forms."""
    return "".join(chr(ord(each) + 0xFEE0) for each in text)
