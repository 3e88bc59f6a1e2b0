"""Outcomes: how a task ended, or why it never could."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Blocked", "Ending", "Outcome", "outcome_named"]


class Ending(StrEnum):
    """How a task ended."""

    RETURNED = "returned"  #: it came to its end
    RAISED = "raised"  #: an exception ended it
    CANCELED = "canceled"  #: somebody else ended it before its time
    DIED = "died"  #: its process was gone before it ended
    NOT_ENDED = "not ended"  #: it was still in progress when the recording ended


class Outcome(NamedTuple):
    """How a task ended, and what it raised in one line, such as ``ValueError: no such page``; else ``what`` is empty.

    ``what`` is empty, too, where it is not known which exception it was.
    """

    ending: Ending
    what: str = ""

    def __str__(self) -> str:
        return f"{self.ending} {self.what}" if self.what else str(self.ending)


class Blocked(NamedTuple):
    """A task in a deadlock: what it wants, such as ``wants b``, and the task that holds that and is in it too."""

    task: str
    wants: str
    holder: str


def outcome_named(text: object) -> Outcome:
    """Return the outcome that such a text tells, as ``str`` gives it; ``ValueError`` where it tells none."""
    if isinstance(text, str):
        for ending in Ending:
            if text == ending:
                return Outcome(ending)
        ending, space, what = text.partition(" ")  # type: ignore[assignment]
        if ending == Ending.RAISED and space and what:
            return Outcome(Ending.RAISED, what)
    raise ValueError(f"{text!r} is not an outcome; a task is {', '.join(Ending)}")
