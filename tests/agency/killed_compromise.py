"""A mass revocation whose process is killed at each of its commits, for `tests.agency.engine_program`."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial

from django.db import connections

from honnin.agency.authority.compromise import ask, confirm, go_on, unfinished
from honnin.agency.authority.models import IssuingKey
from honnin.agency.records.models import IssuanceRecord, JournalEntry, StatusChange
from honnin.clock import FixedClock
from honnin.law.terms import Compromise, Purpose

BATCH = 5


def compromised(clock: FixedClock) -> dict[str, object]:
    """The first generation of the signature CA, its key leaked; killed at each commit."""
    key = IssuingKey.objects.get(purpose=Purpose.SIGNATURE, generation=1)
    before = Counter(IssuanceRecord.objects.values_list("issuer_key_id", "status"))
    asked = ask(key, Compromise.LEAKAGE, by="one", actor="test", at=clock.now())
    _killed(partial(confirm, key, asked.digest, by="two", actor="test", at=clock.now()), after=False)
    assert not unfinished()
    _killed(partial(confirm, key, asked.digest, by="two", actor="test", at=clock.now()), after=True)
    kills, first = 0, JournalEntry.objects.latest("sequence").sequence
    while (present := unfinished().first()) is not None:
        _killed(partial(go_on, present, clock, actor="test", batch=BATCH), after=bool(kills % 2))
        kills += 1
    told = JournalEntry.objects.filter(sequence__gt=first, act="revoked").values_list("subject", flat=True)
    changes = StatusChange.objects.filter(ground="issuer_key_compromise").values_list("record", flat=True)
    after = Counter(IssuanceRecord.objects.values_list("issuer_key_id", "status"))
    others = {pair: count for pair, count in before.items() if pair[0] != key.key_id}
    return {
        "foreseen": asked.good + asked.held,
        "entries": [len(told), len(set(told))],
        "changes": [len(changes), len(set(changes))],
        "left": sum(
            count for (of, status), count in after.items() if of == key.key_id and status != "revoked"
        ),
        "others": others == {pair: count for pair, count in after.items() if pair[0] != key.key_id},
        "kills": kills,
    }


def _killed(act: Callable[[], object], *, after: bool) -> None:
    """Do it in a process that is killed at its first commit: before it, or after."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            connection = connections["agency"]
            commit = connection.commit

            def cut() -> None:
                if after:
                    commit()
                os.kill(os.getpid(), signal.SIGKILL)

            connection.commit = cut  # type: ignore[method-assign]
            act()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
