"""What became of the tasks of a recording: how each ended, and which other one started it."""

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from taketurns.recording.endings import UNKNOWN, outcome_of
from taketurns.recording.rows import Key, Row
from taketurns.recording.worker import Log
from taketurns.trace.outcomes import Ending, Outcome

__all__ = ["is_gone", "outcomes", "parents"]


def outcomes(mine: Log, rows: Iterable[Row], names: Mapping[Key, str]) -> dict[str, Outcome]:
    """Return how the tasks that have a name ended, as far as that is known."""
    ends: dict[Key, str] = {}
    for row in sorted((row for row in rows if row.state is None), key=lambda row: row.at):
        ends.setdefault(row.task, row.reason)  # what has ended can be closed once more
    ends |= {(os.getpid(), number): how for number, how in mine.ends.items()}
    found = {names[key]: outcome_of(ends[key]) if key in ends else _without_end(mine, key) for key in names}
    return {name: outcome for name, outcome in found.items() if outcome is not None}


def _without_end(mine: Log, key: Key) -> Outcome | None:
    """Return how a task ended that never said so."""
    process, number = key
    if process != os.getpid():
        return Outcome(Ending.DIED if is_gone(process) else Ending.NOT_ENDED)
    natives = [native for native, task in mine.bystanders.items() if task == number]
    if natives and natives[0] not in {thread.native_id for thread in threading.enumerate()}:
        return outcome_of(UNKNOWN)
    return Outcome(Ending.NOT_ENDED)


def is_gone(process: int) -> bool:
    """Return whether a child process is dead, also where nobody has asked for its exit code yet."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX"
        except OSError:
            return True
    try:
        os.kill(process, 0)
    except PermissionError:
        return False
    except OSError:
        return True
    return False


def parents(mine: Log, names: Mapping[Key, str]) -> dict[str, str]:
    """Return for tasks by their names who started them: the nearest that has a lane, where one has."""
    found = {names[key]: next((names[one] for one in _ancestors(mine, key) if one in names), "") for key in names}
    return {name: parent for name, parent in found.items() if parent}


def _ancestors(mine: Log, key: Key) -> Iterator[Key]:
    """Yield the task that started a task, the one that started that, and so on."""
    known: Key | None = key
    while known is not None:
        process, number = known
        near = mine.parents.get(number) if process == os.getpid() else mine.far_parents.get(known)
        known = (process, near) if isinstance(near, int) else near
        if known is not None:
            yield known
