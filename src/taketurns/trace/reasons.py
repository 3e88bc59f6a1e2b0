"""Reasons: why a task is not running, which of them another task ends, and the words that a picture has room for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taketurns.trace.spans import Where

__all__ = ["ANOTHER_TASK", "FOR_OTHERS", "HOLDS_THE_LOOP", "is_for_others", "phrases"]

#: Waits that nobody outside of the program ends.
FOR_OTHERS = frozenset({"lock", "semaphore", "queue", "event", "condition", "barrier", "future", "thread"})
#: What is added where a step on an event loop waits: it lets nobody else on the loop run.
HOLDS_THE_LOOP = ", holds the event loop"

#: Why a task waits that called another one, or awaits it.
ANOTHER_TASK = "another task"

_MORE_FOR_OTHERS = FOR_OTHERS | {ANOTHER_TASK, "lock of processes"}


def is_for_others(reason: str, tasks: Collection[str] = ()) -> bool:
    """Return whether a wait is for another task: one of these by its name, or what tasks do for each other."""
    return reason in _MORE_FOR_OTHERS or reason in tasks or reason.partition(", ")[0] in tasks


def phrases(reason: str, where: Where | None) -> list[str]:
    """Return what can be written into a bar that waits, the longest first: ``time.sleep(1)``, then less of it.

    A place that is no call is what is waited for, and is told with the reason: ``lock b``.
    """
    plain = reason.removesuffix(HOLDS_THE_LOOP)
    said = [plain]
    if where is not None:
        expression = " ".join(where.expression.removeprefix("await ").split())
        callee, call, _ = expression.partition("(")
        what = "await" if plain == ANOTHER_TASK else "" if plain == expression else plain
        said = [expression, callee, plain] if call else [f"{what} {expression}".strip(), plain]
    if plain != reason:
        said = [f"{said[0]}{HOLDS_THE_LOOP}", HOLDS_THE_LOOP.removeprefix(", "), *said]
    return sorted({each for each in said if each}, key=lambda each: (-len(each), each))
