"""An installation is its user's alone: folders 0700, files 0600, also where somebody made them beforehand.

What a process makes gets these modes by its umask, so that there is no moment between making and closing.
What is there already is mended where it is ours, and said; an installation that others own, or can put
another in the place of, is refused. Nothing is left out, the publication neither: what is public is handed
out by the status service, not by the file system.
"""

import grp
import logging
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from honnin.errors import Unavailable
from honnin.sites.home import Home, present_home
from honnin.sites.language import present_language
from honnin.translation import gettext, message

PRIVATE = 0o077
"""The umask of every command and server: what they make is readable by their user only."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_LINKS = 40  # as many as Linux follows
_MENDED = message("honnin: other users could read %s: %d of its files and folders. They are yours alone now.")

log = logging.getLogger(__name__)


def private_home() -> Home:
    """The installation that this process works on, made if missing, private from here on; as it is for who
    only reads it, whose it may be.

    Raises as `make_private`.
    """
    home = present_home()
    if not home.is_only_read:
        make_private(home.root)
    return home


def make_private(folder: Path) -> None:
    """A folder and all in it become this user's alone, and so does what this process makes from now on.

    Raises Unavailable E_FOLDER_REPLACEABLE when others may write a folder above it, E_FOLDER_FOREIGN when
    it, or something in it, is another user's, E_FOLDER_OPEN when a mode cannot be mended; OSError when it
    cannot be made.
    """
    os.umask(PRIVATE)
    for passed in _folders_above(folder):
        _require_unwritable_by_others(passed)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat()  # after it was made: whoever was first is seen here
    if status.st_uid != os.geteuid():
        raise Unavailable("E_FOLDER_FOREIGN", path=str(folder))
    if mended := _mend(folder, status) + _mend_all_in(folder, set()):
        log.warning(gettext(_MENDED, present_language()), folder, mended)


def _folders_above(path: Path) -> Iterator[Path]:
    """Every folder in which something stands that leads to the path, links followed as the system does.

    Raises Unavailable E_FOLDER_FOREIGN for a link of another user.
    """
    here, left, links = Path("/"), list(reversed(path.absolute().parts[1:])), 0
    while left:
        name = left.pop()
        if name == "..":
            here = here.parent
            continue
        yield here
        here /= name
        if here.is_symlink() and links < _MOST_LINKS:
            links += 1
            if here.lstat().st_uid not in (0, os.geteuid()):
                raise Unavailable("E_FOLDER_FOREIGN", path=str(here))
            target = here.readlink()
            left.extend(reversed([part for part in target.parts if part != "/"]))
            here = Path("/") if target.is_absolute() else here.parent


def _require_unwritable_by_others(folder: Path) -> None:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return  # it will be made by us
    if status.st_mode & stat.S_ISVTX:  # only a file's owner can put another in its place
        return
    by_group = status.st_mode & stat.S_IWGRP and not _is_group_of_ours(status.st_gid)
    if status.st_mode & stat.S_IWOTH or by_group:
        raise Unavailable("E_FOLDER_REPLACEABLE", path=str(folder))


def _is_group_of_ours(group: int) -> bool:
    """Whether nobody but us and root is in it, as in the group that many systems give each user."""
    ours = {0, os.geteuid()}
    if any(user.pw_gid == group and user.pw_uid not in ours for user in pwd.getpwall()):
        return False
    with suppress(KeyError):
        return all(_number_of(name) in ours for name in grp.getgrgid(group).gr_mem)
    return True  # a number without a name: no user is in it


def _number_of(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _mend_all_in(folder: Path, seen: set[tuple[int, int]]) -> int:
    """Mend what is in a folder, links followed; how much there was to mend."""
    mended = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # made for a moment by another process, or a link to nothing
                status = entry.stat()
                if (status.st_dev, status.st_ino) in seen:
                    continue
                seen.add((status.st_dev, status.st_ino))
                if status.st_uid == os.geteuid():
                    mended += _mend(Path(entry.path), status)
                elif status.st_uid != 0:
                    raise Unavailable("E_FOLDER_FOREIGN", path=entry.path)
                if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                    mended += _mend_all_in(Path(entry.path), seen)
    return mended


def _mend(path: Path, status: os.stat_result) -> bool:
    """Close a file or folder of ours to others; whether it was open."""
    if not status.st_mode & _OTHERS:
        return False
    with suppress(PermissionError, OSError):
        path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)
    if path.stat().st_mode & _OTHERS:
        raise Unavailable("E_FOLDER_OPEN", path=str(path))
    return True
