"""Acts in a process of their own that dies at one of its commits, as at a `kill -9`: nothing is tidied up."""

import os
import pickle
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from honnin.card.chip.state import CardState
from tests.support.town import Holder

DIED = 9
EVERYWHERE = ("agency", "municipality")


def dies(
    act: Callable[[], object],
    holder: Holder,
    folder: Path,
    number: int,
    *,
    after: bool,
    databases: tuple[str, ...] = EVERYWHERE,
) -> bool:
    """Act with the holder's card in a process that dies before its `number`-th commit, or `after` it; whether
    it came so far. The card is as that process left it.
    """
    kept = folder / "card.pickle"
    kept.write_bytes(pickle.dumps(holder.card.state))
    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _act_and_die(act, holder, kept, number, after=after, databases=databases)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, DIED), ended
    holder.store.kept = pickle.loads(kept.read_bytes())
    holder.revive()
    return ended == DIED


def _act_and_die(
    act: Callable[[], object],
    holder: Holder,
    kept: Path,
    number: int,
    *,
    after: bool,
    databases: tuple[str, ...],
) -> None:
    try:
        commit, commits = BaseDatabaseWrapper._commit, count(1)  # type: ignore[attr-defined]

        def dying(connection: BaseDatabaseWrapper) -> None:
            dies = connection.alias in databases and next(commits) == number
            if not dies or after:
                commit(connection)
            if dies:
                os._exit(DIED)

        def store(state: CardState) -> None:
            kept.write_bytes(pickle.dumps(state))

        holder.card._memory._store = store
        BaseDatabaseWrapper._commit = dying  # type: ignore[attr-defined]
        act()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
