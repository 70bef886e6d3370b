"""An installation that was opened, to be broken."""

import shutil
from pathlib import Path

import pytest

from tests.support.installations import open_again


@pytest.fixture(scope="package")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("opened") / "home"
    assert all(open_again(home)["opened"])
    return home


@pytest.fixture
def home(opened: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(opened, tmp_path / "home"))
