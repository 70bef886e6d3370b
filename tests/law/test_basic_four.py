"""Terms art. 1(3)(1): the four basic attributes, which never show themselves in a log."""

from datetime import date

from honnin.law.terms import BasicFour, Sex


def test_the_four_attributes_hide_themselves() -> None:
    four = BasicFour("見本　花子", date(1980, 5, 10), Sex.FEMALE, "みほん県みほん市1番地")
    assert repr(four) == str(four) == "BasicFour(…)"
