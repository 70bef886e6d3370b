"""Letters that several processes address, print and post at once, for `tests.agency.engine_program`."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from honnin.agency.notices.models import Batch, Letter
from honnin.agency.notices.printing import make_batch, print_batch
from honnin.agency.notices.services import hand_to_post
from honnin.agency.revocation.services import hold
from honnin.municipality.residents.addressees import tell_addresses
from tests.support.town import Town

AtOnce = Callable[[Iterable[Callable[[], object]]], Counter[str]]


def told(town: Town, at_once: AtOnce) -> dict[str, object]:
    """How each step ended, and how often each letter was printed and posted."""
    now = town.clock.now()
    holders = [town.with_certificates() for _ in range(3)]
    for holder in holders:
        hold(holder.code, actor="hotline/denwa", at=now)
    addressed = at_once([partial(tell_addresses, now)] * 3)
    made = at_once([partial(make_batch, actor="post", at=now, most=2)] * 3)
    while make_batch(actor="post", at=now, most=2) is not None:
        pass
    printed, posted = Counter[str](), Counter[str]()
    for batch in Batch.objects.filter(printed_at=None):
        printed += at_once([partial(print_batch, batch, actor="post", at=now)] * 2)
        posted += at_once([partial(hand_to_post, batch, actor="post", at=now)] * 3)
    letters = Letter.objects.filter(person_code__in=[each.code for each in holders])
    return {
        "addressed": addressed,
        "made": made,
        "printed": sorted(printed),
        "posted": posted["done"] - Batch.objects.exclude(posted_at=None).count(),
        "twice": posted["E_BATCH_POSTED"] == 2 * posted["done"],
        "letters": Counter(letters.values_list("state", flat=True)),
        "persons": letters.values("person_code").distinct().count(),
    }
