"""The pytest plugin stops a run whose tests cite what the catalogue does not hold."""

import pytest

pytest_plugins = ["pytester"]


def run(pytester: pytest.Pytester, decorator: str) -> pytest.RunResult:
    pytester.makepyfile(f"import pytest\n\n{decorator}\ndef test_one():\n    assert True\n")
    options = ("-p", "tests.clauses_plugin", "-p", "no:django", "-p", "no:randomly", "--strict-markers")
    return pytester.runpytest_inprocess(*options)


@pytest.mark.parametrize("ids", ['"S4-5.1"', '"S4-5.1", "act/5"'])
def test_known_clauses_pass(pytester: pytest.Pytester, ids: str) -> None:
    result = run(pytester, f"@pytest.mark.clause({ids})")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("decorator", "message"),
    [
        ('@pytest.mark.clause("S4-99")', "unknown clause S4-99"),
        ('@pytest.mark.clause("S4-5.1", "act/999")', "unknown clause act/999"),
        ("@pytest.mark.clause()", "takes one id or more"),
        ('@pytest.mark.clause(id="S4-5.1")', "takes one id or more"),
        ("@pytest.mark.clause(5)", "unknown clause 5"),
    ],
)
def test_a_faulty_citation_stops_the_run(pytester: pytest.Pytester, decorator: str, message: str) -> None:
    result = run(pytester, decorator)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in "\n".join(result.outlines + result.errlines)
