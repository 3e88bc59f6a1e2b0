"""Child processes: how they learn that a recording is on, and how their events come back.

A recording opens a folder whose name stands in the environment since taketurns was imported. So every child of this
process knows it, however it was started and even before the recording began: fork, spawn, forkserver, or a plain
subprocess. A child looks into the folders of its ancestors before each task: a folder that is there is a recording that
is on. The child appends every event at once to a file of its own, so one that dies loses at most the span it was in.

A sub-interpreter (PEP 734) is a child too: it shares the process, and neither modules nor the GIL. It is known by the
folder of its own process that it finds among its ancestors.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Announcement", "Folder", "Journal", "Process", "announcement", "folder", "has_ancestors", "renew"]

VARIABLE = "TAKETURNS_FOLDERS"
ANNOUNCEMENT = "recording.json"

Event = tuple[int, Any, Any, str]
#: A process by its number, or a sub-interpreter by the number of its process and its own.
Process = int | str


class Announcement(NamedTuple):
    """What a child learns about the recording of an ancestor."""

    folder: str
    recording: str
    chunk_ns: float


class Folder:
    """The folder in which children of this process find its recording, while there is one."""

    def __init__(self) -> None:
        mine, number = f"taketurns-{os.getpid()}-", os.urandom(8).hex()
        self.name = mine + number
        self.ancestors = os.environ.get(VARIABLE, "").split()
        self.interpreter = number if any(name.startswith(mine) for name in self.ancestors) else ""
        if not self.interpreter:  # what stands in the environment is the process's, for all its interpreters
            os.environ[VARIABLE] = " ".join([self.name, *self.ancestors])

    @property
    def path(self) -> str:
        """Where the folder is while it is there."""
        return _path(self.name)

    def open(self, recording: str, chunk_ns: float) -> None:
        """Announce a recording to all children."""
        os.makedirs(self.path, 0o700, exist_ok=True)
        finished = os.path.join(self.path, "writing")
        with open(finished, "w", encoding="utf-8") as file:
            json.dump([recording, chunk_ns], file)
        os.replace(finished, os.path.join(self.path, ANNOUNCEMENT))

    def close(self, recording: str) -> list[tuple[Process, str, list[Any]]]:
        """End the announcement; give the children's events as (process, thread, [time, task, name, state, reason])."""
        try:
            os.unlink(os.path.join(self.path, ANNOUNCEMENT))
        except OSError:
            return []  # somebody cleaned the temporary folder
        try:
            names = sorted(name for name in os.listdir(self.path) if name.startswith(f"{recording}-"))
            return [row for name in names for row in _rows(os.path.join(self.path, name))]
        finally:
            _remove(self.path)


def _path(name: str) -> str:
    import tempfile  # here and below: `import taketurns` is quick, and most processes never come here

    return os.path.join(tempfile.gettempdir(), name)


def _remove(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def _rows(path: str) -> Iterator[tuple[Process, str, list[Any]]]:
    """Read one journal. A child that was killed while it wrote leaves half a line, which is passed over."""
    _, process, thread = os.path.basename(path).removesuffix(".jsonl").split("-")
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                yield int(process) if process.isdigit() else process, thread, json.loads(line)
            except json.JSONDecodeError:
                continue


class Journal:
    """Takes the events of one thread of a child, as a list would, and appends each to a file."""

    def __init__(self, found: Announcement, names: dict[int, str]) -> None:
        self.names = names
        thread = "main" if threading.current_thread() is threading.main_thread() else str(threading.get_ident())
        process = ".".join(filter(None, (str(os.getpid()), _folder.interpreter)))
        self.path = os.path.join(found.folder, f"{found.recording}-{process}-{thread}.jsonl")

    def append(self, event: Event) -> None:
        """Write one event; nothing where the recording has ended."""
        at, task, state, reason = event
        line = json.dumps([at, task, self.names[task], state, reason])
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except FileNotFoundError:
            pass


_folder = Folder()


def renew() -> None:
    """Give this process a folder of its own; a forked child calls it, so that its parent becomes an ancestor."""
    global _folder
    _folder = Folder()


def folder() -> Folder:
    """Give the folder of this process."""
    return _folder


def has_ancestors() -> bool:
    """Tell whether this process is a child of one that could be recording."""
    return bool(_folder.ancestors)


def announcement() -> Announcement | None:
    """Find the recording of the nearest ancestor that has one on."""
    for path in map(_path, _folder.ancestors):
        try:
            with open(os.path.join(path, ANNOUNCEMENT), encoding="utf-8") as file:
                recording, chunk_ns = json.load(file)
        except OSError:
            continue
        return Announcement(path, recording, chunk_ns)
    return None
