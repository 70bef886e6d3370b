"""The wheel as an engineer has it: built, installed where nothing of this folder is, and used from there."""

import email
import re
import subprocess
import urllib.request
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
from tools.translations import compiled

from tests.support.processes import free_port, interrupted
from tests.wheel.environment import ROOT, Environment, built_wheel, files_in

JAPANESE = {"LC_ALL": "ja_JP.UTF-8"}
_KANA = re.compile("[ぁ-んァ-ヶ]")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_holds_the_package_with_its_compiled_catalogues_and_nothing_else(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    kept = {path.removeprefix("src/") for path in listed.stdout.splitlines() if (ROOT / path).exists()}
    catalogues = {str(path.relative_to(ROOT / "src")): content for path, content in compiled().items()}
    found = {name: content for name, content in files_in(wheel).items() if ".dist-info/" not in name}
    assert set(found) == kept | set(catalogues)
    assert len(catalogues) > 2
    assert {name: found[name] for name in catalogues} == catalogues


def test_the_catalogues_are_the_same_at_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=1)

    today = compiled()
    monkeypatch.setattr("babel.messages.catalog.datetime.datetime", Tomorrow)
    assert compiled() == today


def test_the_wheel_says_where_the_project_is_and_that_it_is_typed(wheel: Path) -> None:
    files = files_in(wheel)
    (described,) = (content for name, content in files.items() if name.endswith(".dist-info/METADATA"))
    urls = email.message_from_bytes(described).get_all("Project-URL", [])
    labels = {each.partition(", ")[0] for each in urls}
    assert labels >= {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert "honnin/py.typed" in files


def test_the_environment_has_what_the_wheel_asks_for_and_nothing_of_this_folder(
    installed: Environment,
) -> None:
    where = installed.python("import honnin; print(honnin.__file__)").strip()
    assert Path(where).is_relative_to(installed.packages)
    for absent in ("pytest", "tests", "tools", "playwright"):
        found = installed.python(f"import importlib.util; print(importlib.util.find_spec({absent!r}))")
        assert found.strip() == "None"


def test_help_is_japanese_in_a_japanese_locale(installed: Environment) -> None:
    assert "使い方：honnin" in installed.run("--help", **JAPANESE).stdout
    assert "使い方：honnin card create" in installed.run("card", "create", "-h", **JAPANESE).stdout
    assert "Usage: honnin" in installed.run("--help", LC_ALL="C.UTF-8").stdout


def test_the_demo_and_the_verifier_run_from_an_empty_folder_in_japanese(installed: Environment) -> None:
    demo = installed.run("demo", **JAPANESE)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "次は：honnin up" in demo.stdout
    assert _KANA.search(demo.stdout)
    evidence = installed.work / "var" / "demo"
    trusted = [f"--ca={evidence / name}-ca.pem" for name in ("signature", "authentication")]
    lists = [f"--crl={evidence / name}.crl" for name in ("signature", "authentication")]
    verified = installed.run("verify", str(evidence / "signed.pdf"), *trusted, *lists, **JAPANESE)
    assert verified.returncode in (0, 6), verified.stderr  # the story ends with a revocation, or does not
    assert _KANA.search(verified.stdout + verified.stderr)
    program = "from honnin.verifier.document import DocumentVerifier; print(DocumentVerifier.__name__)"
    assert installed.python(program).strip() == "DocumentVerifier"


def test_up_serves_whole_japanese_pages_from_an_empty_folder(installed: Environment) -> None:
    port, ocsp_port = free_port(), free_port()
    words = ["up", "--population", "5", "--port", str(port), "--ocsp-port", str(ocsp_port)]
    process = subprocess.Popen(
        [str(installed.command), *words],
        cwd=installed.work,
        env=installed.environment(**JAPANESE),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        announced = ""
        while "operator" not in announced:
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            announced += line
        assert _KANA.search(announced)
        screens, status = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ocsp_port}"
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.addheaders = [("Accept-Language", "ja")]
        for address in (f"{screens}/sign-in/", f"{status}/", f"{screens}/"):
            text = _japanese(browser, address)
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)[-1]
        _japanese(browser, f"{screens}/enter/clerk/", f"csrfmiddlewaretoken={token}".encode())
        _japanese(browser, f"{screens}/counter/residents/")
    finally:
        errors = interrupted(process)
    assert process.returncode == 0, errors
    assert (installed.work / "var" / "honnin" / "addresses.json").exists()


def _japanese(browser: urllib.request.OpenerDirector, address: str, sent: bytes | None = None) -> str:
    """A page, all of it Japanese."""
    with browser.open(address, sent, timeout=20) as response:
        text: str = response.read().decode("utf-8")
    assert 'lang="ja"' in text
    assert _english(text) == [], response.url
    return text


def _english(page: str) -> list[str]:
    """Sentences on a page, or names of its controls, in which there is nothing Japanese."""
    body = re.sub(r"<(script|style|title).*?</\1>|<!--.*?-->", " ", page, flags=re.DOTALL)
    texts = re.findall(r">([^<>]+)<", body) + re.findall(r'(?:aria-label|placeholder|alt)="([^"]+)"', body)
    return [
        text.strip()
        for text in texts
        if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,}", text) and not re.search("://|JPKI|[ぁ-んァ-ヶ]", text)
    ]
