"""pytest plugin: the marker `clause(*ids)`, which says which rules of the catalogue a test proves.

A marker without an id, or with an id that neither the catalogue nor the list of articles knows, stops the
run at collection. Whether every rule has its function and its test is the work of
`tests/law/catalogue/test_catalogue.py`.
"""

import pytest

from honnin.law.catalogue import is_known


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the rules of the catalogue that a test proves")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    faults = sorted({fault for item in items for fault in _faults(item)})
    if faults:
        raise pytest.UsageError("\n".join(faults))


def _faults(item: pytest.Item) -> list[str]:
    faults = []
    for mark in item.iter_markers("clause"):
        if not mark.args or mark.kwargs:
            faults.append(f"{item.nodeid}: the marker clause takes one id or more, and nothing else")
        faults += [
            f"{item.nodeid}: unknown clause {cited}" for cited in mark.args if not is_known(str(cited))
        ]
    return faults
