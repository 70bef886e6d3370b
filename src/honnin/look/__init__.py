"""How pages look, for whoever has pages: style sheets and signs, as files. Knows no page and no framework."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"
"""Files by their address below that of static files, such as `honnin/tokens.css`."""
