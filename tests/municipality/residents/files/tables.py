"""Tables of residents as tests write them, and what becomes of them."""

from io import BytesIO

from honnin.identifiers import MunicipalityCode
from honnin.municipality.residents.files.faults import Fault
from honnin.municipality.residents.files.importing import (
    Found,
    import_residents,
    look_through,
    recognised,
)
from tests.support.instants import NOW

HERE = MunicipalityCode("99101")
HEADER = "住民票コード,氏名,フリガナ,生年月日,性別,住所"
TARO = "99100000001,山田　太郎,ヤマダ　タロウ,1980-05-01,男,みほん県みほん市見本町１丁目２番３号"
HANAKO = "99100000002,山田　花子,ヤマダ　ハナコ,1982-06-02,女,みほん県みほん市見本町１丁目２番３号"


def table(*lines: str, encoding: str = "utf-8", end: str = "\r\n", header: str = HEADER) -> BytesIO:
    return BytesIO((end.join([header, *lines]) + end).encode(encoding))


def looked_through(file: BytesIO, place: MunicipalityCode | None = HERE) -> tuple[Found, list[Fault]]:
    faults: list[Fault] = []
    return look_through(file, recognised(file), place, faults.append, at=NOW), faults


def imported(file: BytesIO, place: MunicipalityCode | None = HERE) -> int:
    return import_residents(file, recognised(file), place, actor="command/me", at=NOW)


def faults_of(
    *lines: str, header: str = HEADER, place: MunicipalityCode | None = HERE
) -> list[tuple[int, str, str]]:
    """Line, column and code of everything that is wrong with these lines."""
    _found, faults = looked_through(table(*lines, header=header), place)
    return [(fault.line, fault.column, fault.code) for fault in faults]
