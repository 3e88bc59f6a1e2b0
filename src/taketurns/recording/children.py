"""Child processes: how they learn that a recording is on.

A process has a folder, whose path stands in the environment since taketurns was imported; it is there while a recording
is on. So every child of this process knows it, however it was started and even before the recording began: fork, spawn,
forkserver, or a plain subprocess. A child looks into the folders of its ancestors before each task; or it is told by
what is handed to it (of_processes.py). What it has to tell it writes into that folder (journals.py).

A sub-interpreter (PEP 734) is no child: what it runs, a thread of this process carries (of_threads.py).
"""

import json
import os
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple

from taketurns.watcher.descriptors import Descriptors

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "Announcement",
    "Folder",
    "announcement",
    "apart",
    "folder",
    "has_ancestors",
    "renew",
]

VARIABLE = "TAKETURNS_FOLDERS"
PREFIX = "taketurns-"
ANNOUNCEMENT, OWNER = "recording.json", "owner"


class Announcement(NamedTuple):
    """What a child learns about the recording of an ancestor."""

    folder: str
    recording: str
    chunk_ns: float
    process: int
    arguments: bool  #: whether names hold arguments
    control: str  #: the pipe by which the watcher's helper is asked to look at a child, or nothing
    inode: int


class Folder:
    """The folder in which children of this process find its recording, while there is one."""

    def __init__(self) -> None:
        number = os.urandom(8).hex()
        self.path = os.path.join(_temporary_folder(), f"{PREFIX}{number}")
        self.ancestors: list[str] = []
        if not _in_sub_interpreter():  # what stands in the environment is the process's
            self.ancestors = _ancestors()
            os.environ[VARIABLE] = json.dumps([self.path, *self.ancestors])
        self._owner = Descriptors()
        self.problem = ""  #: why children cannot take part

    def open(
        self, recording: str, chunk_ns: float, arguments: bool = True, control: str = "", inode: int = 0
    ) -> Announcement | None:
        """Announce a recording to all children; remove what processes that were killed have left.

        Return what they learn; ``None`` where that cannot be.
        """
        self.problem = ""
        found = Announcement(self.path, recording, chunk_ns, os.getpid(), arguments, control, inode)
        try:
            self._announce(found)
        except OSError as problem:  # a full disk, say: the recording goes on without children
            self.problem = str(problem.strerror)
            return None
        return found

    def _announce(self, found: Announcement) -> None:
        with suppress(OSError):
            _sweep(os.path.dirname(self.path))
        os.makedirs(self.path, 0o700, exist_ok=True)
        # It gets its name when it is locked: what has that name and is not locked is a dead process's.
        unnamed = os.path.join(self.path, OWNER if fcntl is None else "unnamed")
        if _lock(self._owner.add_one(os.open, unnamed, os.O_CREAT | os.O_TRUNC | os.O_RDWR)):
            os.replace(unnamed, os.path.join(self.path, OWNER))
        unfinished = os.path.join(self.path, "unfinished")
        with open(unfinished, "w", encoding="utf-8") as file:
            json.dump(found[1:], file)
        os.replace(unfinished, os.path.join(self.path, ANNOUNCEMENT))

    def close(self) -> None:
        """End the announcement."""
        with suppress(OSError):  # somebody cleaned the temporary folder
            os.unlink(os.path.join(self.path, ANNOUNCEMENT))

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        _remove(self.path)  # on POSIX all is gone before it is unlocked; on Windows what is open goes after
        self.leave()
        _remove(self.path)

    def leave(self) -> None:
        """Let go of the folder, and leave it where it is; a forked child does, to which it does not belong."""
        self._owner.close()


def _ancestors() -> list[str]:
    """Return the folders of the processes that this one descends from, the nearest first."""
    try:
        return list(map(str, json.loads(os.environ.get(VARIABLE) or "[]")))
    except (TypeError, ValueError):  # it is not ours
        return []


def _temporary_folder() -> str:
    """Return where temporary files belong; the current folder where there is no such place."""
    named = [os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP")]
    for path in (*named, "/tmp" if os.name == "posix" else ""):
        if path and os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK):
            return os.path.abspath(path)
    import tempfile  # it looks further, and takes long to import

    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return os.getcwd()


def _in_sub_interpreter() -> bool:
    for name in ("_interpreters", "_xxsubinterpreters"):  # since 3.13, and before
        with suppress(ImportError):
            interpreters: Any = import_module(name)
            return bool(interpreters.get_current() != interpreters.get_main())
    return False


def _lock(file: int) -> bool:
    """Lock a file for as long as this process has it open; return whether that went, and the file still has a name."""
    if fcntl is None:  # on Windows, what is open cannot be removed
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return os.fstat(file).st_nlink > 0


def _sweep(folder: str) -> None:
    """Remove the folders of recordings whose process was killed."""
    for entry in os.scandir(folder):
        if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
            with suppress(OSError), open(os.path.join(entry.path, OWNER), "r+") as owner:
                if _lock(owner.fileno()):
                    if fcntl is None:
                        owner.close()
                    os.unlink(owner.name)
                    _remove(entry.path)


def _remove(path: str) -> None:
    """Remove a folder, which holds files only, as far as it can be: `shutil.rmtree` must not be interrupted."""
    with suppress(OSError):
        while names := os.listdir(path):
            for name in names:
                with suppress(FileNotFoundError):
                    os.unlink(os.path.join(path, name))
        os.rmdir(path)


_folder = Folder()


def renew() -> None:
    """Begin a folder of its own in a forked child; that of its parent becomes an ancestor's."""
    global _folder
    _folder.leave()
    _folder = Folder()


def folder() -> Folder:
    """Return the folder of this process."""
    return _folder


def apart() -> dict[str, str]:
    """Return an environment for a child process that is to know of no recording here."""
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


def has_ancestors() -> bool:
    """Return whether this process is a child of one that could be recording."""
    return bool(_folder.ancestors)


def announcement() -> Announcement | None:
    """Return the recording of the nearest ancestor that has one on.

    A process is no ancestor of its own: what is left of one with our number was on before an exec.
    """
    for path in _folder.ancestors:
        with suppress(OSError), open(os.path.join(path, ANNOUNCEMENT), encoding="utf-8") as file:
            found = Announcement(path, *json.load(file))
            if found.process != os.getpid():
                return found
    return None
