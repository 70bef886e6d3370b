"""What the fuzzer found, played again: nothing there may be wrong, and it still reaches what it reached."""

import pytest

from honnin.card.status_word import StatusWord
from tests.card.fuzz import corpus, target
from tests.card.fuzz.script import PLAIN

INPUTS = corpus.inputs()


@pytest.mark.parametrize("data", INPUTS, ids=range(len(INPUTS)))
def test_an_input_shows_nothing_wrong(data: bytes) -> None:
    target.check(data)


def test_the_corpus_is_small() -> None:
    assert 20 <= len(INPUTS) <= corpus.LINES_MAX
    assert corpus.KEPT.stat().st_size <= corpus.BYTES_MAX


def test_the_corpus_goes_far() -> None:
    """From every card that there is, to most status words, and to most orders of the issuer, carried out and
    refused. Not to all, for another application gives the same bytes another meaning.
    """
    cards = len(target.beginnings())
    assert {data[0] % cards for data in INPUTS} == set(range(cards))
    witnesses = list(map(target.play, INPUTS))
    words = set().union(*(each.words for each in witnesses)) & set(StatusWord)
    assert len(words) >= 0.8 * len(StatusWord)
    orders = set().union(*(each.orders for each in witnesses))
    orders &= {(ins, carried_out) for ins in PLAIN for carried_out in (True, False)}
    assert len(orders) >= 0.8 * 2 * len(PLAIN)
