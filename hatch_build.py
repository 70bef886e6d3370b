"""Compiles the translations into the wheel. They are made from the sources and not kept with them."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTranslations(BuildHookInterface):  # type: ignore[type-arg]
    """Puts a .mo file beside each .po file of a wheel; the folder of the sources stays as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        from tools.translations import compiled

        folder = self._folder = tempfile.TemporaryDirectory()
        for number, (path, content) in enumerate(compiled().items()):
            made = Path(folder.name, f"{number}.mo")
            made.write_bytes(content)
            build_data["force_include"][str(made)] = str(path.relative_to(Path(self.root, "src")))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self._folder.cleanup()
