"""Into the register, and out of it: nothing by halves."""

import csv
import tracemalloc
from collections.abc import Iterator
from datetime import date
from io import BytesIO, StringIO

import pytest

from honnin.municipality.records.models import JournalEntry
from honnin.municipality.residents.files.exporting import export_residents
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.importing import (
    Found,
    import_residents,
    look_through,
    recognised,
)
from honnin.municipality.residents.filling import AT_ONCE
from honnin.municipality.residents.models import Resident
from honnin.simulator.installation import fill_register
from honnin.simulator.population import invent
from tests.municipality.residents.files.tables import (
    HANAKO,
    HERE,
    TARO,
    faults_of,
    imported,
    looked_through,
    table,
)
from tests.support.instants import NOW

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def _municipalities() -> None:
    fill_register([], at=NOW)


def test_a_look_through_writes_nothing() -> None:
    assert looked_through(table(TARO, HANAKO)) == (Found(new=2), [])
    assert not Resident.objects.exists()


def test_a_faulty_line_leaves_nothing_and_the_others_come() -> None:
    assert imported(table(TARO, HANAKO.replace("女", "x"))) == 1
    assert Resident.objects.get().pk == "99100000001"
    entry = JournalEntry.objects.order_by("-sequence").first()
    assert entry is not None
    assert (entry.actor, entry.act) == ("command/me", "import residents")
    assert "99100000001" not in entry.subject + entry.detail


def test_who_is_there_already_is_left_alone() -> None:
    assert imported(table(TARO)) == 1
    before = Resident.objects.values().get()
    assert looked_through(table(TARO, HANAKO)) == (Found(new=1, unchanged=1), [])
    assert imported(table(TARO, HANAKO)) == 1
    assert Resident.objects.values().get(pk="99100000001") == before
    assert imported(table(TARO, HANAKO)) == 0


def test_who_is_there_otherwise_is_not_changed() -> None:
    assert imported(table(TARO)) == 1
    other = TARO.replace("太郎", "次郎").replace("タロウ", "ジロウ")
    found, (fault,) = looked_through(table(other))
    assert (fault.line, fault.column, fault.code) == (2, "name", "E_LINE_DIFFERS")
    assert dict(fault.context) == {"columns": "name kana"}
    assert found == Found(faulty=1)
    assert imported(table(other)) == 0
    assert Resident.objects.get().name == "山田　太郎"


@pytest.mark.alters_records
def test_who_was_there_does_not_come_back_by_a_file() -> None:
    imported(table(TARO))
    Resident.objects.update(removed_on=date(2026, 1, 1))
    assert faults_of(TARO) == [(2, "person_code", "E_LINE_REMOVED")]


def test_a_person_twice() -> None:
    assert faults_of(TARO, HANAKO, TARO) == [(4, "person_code", "E_LINE_TWICE")]
    assert imported(table(TARO, HANAKO, TARO)) == 2


class CutOff(BytesIO):
    """A file whose device is pulled out in the middle of the second reading."""

    left = 10**9

    def read1(self, size: int | None = -1, /) -> bytes:
        part = super().read1(-1 if size is None else min(size, 4096))
        self.left -= len(part)
        if self.left < 0:
            raise OSError("pulled out")
        return part


def people(count: int) -> Iterator[str]:
    for person in invent(count, on=NOW.date()):
        cells = (person.person_code, person.municipality_code, person.name, person.kana)
        yield ",".join([*cells, person.birth_date.isoformat(), person.sex, person.address])


INVENTED = "person_code,municipality_code,name,kana,birth_date,sex,address"


def test_cut_off_in_the_middle_it_goes_on() -> None:
    count = AT_ONCE + 100
    file = CutOff(table(*people(count), header=INVENTED).getvalue())
    how = recognised(file)
    file.left = len(file.getvalue()) - 2000
    with pytest.raises(OSError, match="pulled out"):
        import_residents(file, how, None, actor="command/me", at=NOW)
    assert Resident.objects.count() == AT_ONCE
    file.left = 10**9
    assert looked_through(file, None) == (Found(new=100, unchanged=AT_ONCE), [])
    assert import_residents(file, how, None, actor="command/me", at=NOW) == 100
    assert Resident.objects.count() == count


def nobody(fault: Fault) -> None:
    raise AssertionError(fault)


def test_what_was_exported_is_what_is_imported() -> None:
    fill_register(invent(100, on=NOW.date()), at=NOW)
    text = StringIO()
    assert export_residents(text, None, nobody, actor="command/me", at=NOW) == 100
    file = BytesIO(text.getvalue().encode())
    assert looked_through(file, None) == (Found(unchanged=100), [])
    entry = JournalEntry.objects.order_by("-sequence").first()
    assert entry is not None
    assert entry.act == "export residents"
    one_place = StringIO()
    assert export_residents(one_place, HERE, nobody, actor="command/me", at=NOW) == 34


@pytest.mark.alters_records
def test_what_a_clerk_typed_in_another_width_is_what_is_imported() -> None:
    imported(table(TARO))
    typed = {"name": "山田 太郎", "kana": "やまだ たろう", "household": "Ａ－１", "alias": "ﾔﾏﾀﾞ"}
    Resident.objects.update(**typed)
    text = StringIO()
    export_residents(text, None, nobody, actor="command/me", at=NOW)
    assert looked_through(BytesIO(text.getvalue().encode()), None) == (Found(unchanged=1), [])


@pytest.mark.alters_records
def test_an_export_tells_which_lines_an_import_refuses_and_makes_no_formula() -> None:
    """Entries of a version that took anything: written whole, and named by line, as the import names them."""
    imported(table(TARO, HANAKO))
    old = {"name": '=HYPERLINK("x")', "alias": "\t@x", "relationship": "a\nb", "place_of_stay": "－１"}
    Resident.objects.filter(pk="99100000001").update(**old, household="-1")
    Resident.objects.filter(pk="99100000002").update(name="山田\u202e花子")
    text, told = StringIO(newline=""), list[Fault]()
    export_residents(text, None, told.append, actor="command/me", at=NOW)
    rows = list(csv.reader(StringIO(text.getvalue(), newline="")))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in set("=＝+＋-－@＠\t")]
    assert rows[1][2] == "'" + old["name"]
    _found, faults = looked_through(BytesIO(text.getvalue().encode()), None)
    assert faults == told
    columns = {(each.line, each.column) for each in told}
    whole = {"name", "alias", "relationship", "place_of_stay", "household"}
    assert columns == {*((2, each) for each in whole), (4, "name")}


def peak(lines: int) -> int:
    """Octets that a look through so many lines takes at most."""
    file = table(*people(lines), header=INVENTED)
    how = recognised(file)
    tracemalloc.start()
    try:
        look_through(file, how, None, lambda fault: None, at=NOW)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    peak(100)
    assert peak(AT_ONCE * 5) < peak(AT_ONCE * 2) * 1.2
