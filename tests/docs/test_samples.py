"""The samples of the how-to pages do what the pages say."""

import socket
import sys
from pathlib import Path

import pytest

from tests.docs.samples import ROOT, Reader, clone, fits, pages, samples

HOW_TO = ROOT / "docs" / "how-to"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def test_run_it(tmp_path: Path) -> None:
    ports = {"8610": str(free_port()), "8612": str(free_port())}
    with Reader(tmp_path, instead=ports) as reader:
        reader.follow(HOW_TO / "run-it.md")
        reader.follow(HOW_TO / "import-residents.md")
        reader.follow(HOW_TO / "reset-a-pin-at-the-kiosk.md")
        reader.follow(ROOT / "docs" / "reference" / "residents-file.md")


@pytest.mark.parametrize(
    "name",
    [
        "verify-a-signed-document",
        "accept-a-login",
        "load-test-with-many-cards",
        "roll-over-the-authorities",
        "record-a-compromised-issuer-key",
        "send-the-letters",
    ],
)
def test_relying_on_the_demo(name: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.follow(HOW_TO / f"{name}.md")


def test_add_a_card_application(tmp_path: Path) -> None:
    """In a copy of the project, which the page changes; what judges an application judges the page's."""
    project = clone(tmp_path)
    both = {"PYTHONPATH": f"{project / 'src'}:{project}", "PYTHONDONTWRITEBYTECODE": "1"}
    with Reader(project, environment=both) as reader:
        reader.follow(HOW_TO / "add-a-card-application.md")
        assert "(an example)" in (project / "docs" / "reference" / "card.md").read_text("utf-8")
        shown = reader.execute_quietly("honnin card read library-card.json library")
        assert "library/ticket: 9 bytes, TICKET 42" in shown
        judged = reader.execute_quietly(
            "python -m pytest -q tests/card/chip/test_applications.py -k library --collect-only"
        )
        for what in ("no_other[library-1]", "no_other[library-2]", "exists[library]", "blocks[library-17]"):
            assert what in judged


def test_every_page_with_samples_is_followed_by_a_test() -> None:
    """These, the rule of law (tests/law), and the pages that need more than a shell."""
    followed = {
        "run-it",
        "import-residents",
        "residents-file",
        "verify-a-signed-document",
        "accept-a-login",
        "load-test-with-many-cards",
        "roll-over-the-authorities",
        "record-a-compromised-issuer-key",
        "send-the-letters",
        "reset-a-pin-at-the-kiosk",
        "add-a-card-application",
        "first-certificate",
        "test-card-in-five-minutes",
        "deploy-with-postgresql",
        "keep-the-card-master-key-in-an-hsm",
    }
    assert {page.stem for page in pages() if samples(page)} == followed


@pytest.mark.parametrize(
    ("expected", "printed", "fit"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one", "one\ntwo\n", False),
        ("one\n…\nthree", "one\nthree\n", True),
        ("one\n…\nthree", "one\nand\ntwo\nthree\n", True),
        ("one\n…\nthree", "one\ntwo\n", False),
        ("until …, done", "until 2036-01-01, done", True),
        ("until …, done", "until 2036-01-01", False),
        ("a.c", "abc", False),
    ],
)
def test_what_fits_what(expected: str, printed: str, fit: bool) -> None:
    assert fits(expected, printed) is fit


def test_a_sample_that_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```sh run\necho one\n```\n\n```text output\ntwo\n```\n")
    with Reader(tmp_path) as reader, pytest.raises(AssertionError, match="printed:\none"):
        reader.follow(page)


def test_a_sample_that_fails_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```sh run\nfalse\ntrue\n```\n\n```python run\nraise SystemExit\n```\n")
    with Reader(tmp_path) as reader, pytest.raises(AssertionError, match="exit code 1"):
        reader.follow(page)
    with Reader(tmp_path) as reader, pytest.raises(SystemExit):
        reader.execute(samples(page)[1])


def test_a_sample_in_the_background_is_stopped(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    program = "import time, sys; print('up', flush=True); time.sleep(60)"
    page.write_text(
        f'# Page\n\n```sh run background\n{sys.executable} -c "{program}"\n```\n\n```text output\nup\n```\n'
    )
    with Reader(tmp_path) as reader:
        reader.follow(page)
        assert reader.background[0].is_running()
    assert not reader.background[0].is_running()
