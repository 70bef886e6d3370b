"""Runs granian as a process of ours.

Called as `python -m honnin.sites.processes.granian_process PARENT` with granian's options.

It ends with PARENT, its workers end with it, and it says how a worker ended, which granian does not.
"""

import importlib
import logging
import multiprocessing
import os
import sys
from functools import partial
from typing import Any

import granian._internal
import granian.log
import granian.server.common
import granian.server.mp
from granian.cli import entrypoint
from granian.server.mp import WorkerProcess

from honnin.sites.processes.children import WORKER_ENDED, end_with, prepare


class _Worker(WorkerProcess):
    """A worker whose end is told with its cause."""

    def _watcher(self) -> None:
        self.inner.join()
        if not self.interrupt_by_parent:
            print(f"{WORKER_ENDED}{self.inner.exitcode}", file=sys.stderr, flush=True)  # noqa: T201
        super()._watcher()  # type: ignore[no-untyped-call]


def _loaded(target: str, **_options: object) -> Any:
    """MODULE:NAME, from where modules are found anyway."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _look_in_no_present_folder() -> None:
    """Granian would find modules there first, and the folder may be anybody's."""
    internal: Any = granian._internal
    common: Any = granian.server.common
    internal.patch_pypath = lambda folder=None: None
    common.load_target = _loaded


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Unexpected exit from worker")


def main() -> None:
    """Entry point."""
    prepare(int(sys.argv.pop(1)))
    # Forked, whatever this Python's custom is: so a worker ends with us from its first moment.
    multiprocessing.set_start_method("fork")
    os.register_at_fork(after_in_child=partial(end_with, os.getpid()))
    logging.getLogger("_granian").addFilter(_is_news)
    logging_config: Any = granian.log.LOGGING_CONFIG
    logging_config["handlers"]["console"]["stream"] = "ext://sys.stderr"
    _look_in_no_present_folder()
    granian.server.mp.WorkerProcess = _Worker  # type: ignore[misc]
    entrypoint()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
