"""How a task ended, as its last event says: nothing where it returned, else the words of an outcome."""

import sys
from typing import Any

from taketurns.trace.outcomes import Ending, Outcome, outcome_named

__all__ = ["CANCELED", "NOT_ENDED", "RAISED", "RETURNED", "UNKNOWN", "ended_by", "outcome_of"]

RETURNED = ""
CANCELED, RAISED, NOT_ENDED = map(str, (Ending.CANCELED, Ending.RAISED, Ending.NOT_ENDED))
UNKNOWN = "unknown"

#: What cancels a task where it is raised inside of it; by the modules that have it, where they are imported.
CANCELS = {"asyncio.exceptions": "CancelledError", "greenlet": "GreenletExit", "trio": "Cancelled"}


def ended_by(error: BaseException, arguments: bool) -> str:
    """Return how a task ended that let this error out; without its message where names hold no arguments.

    A generator or coroutine that is closed in its middle is canceled: what is left of it never runs.
    """
    if issubclass(type(error), _cancels()):
        return CANCELED
    from taketurns.naming.errors import told  # here: `import taketurns` is quick

    return f"{RAISED} {told(error, arguments)}"


def _cancels() -> tuple[type, ...]:
    found: list[Any] = [getattr(sys.modules.get(module), name, None) for module, name in CANCELS.items()]
    return (GeneratorExit, *(kind for kind in found if isinstance(kind, type)))


def outcome_of(reason: str) -> Outcome | None:
    """Return the outcome that the reason of a last event tells; None where it is unknown."""
    return None if reason == UNKNOWN else outcome_named(reason or Ending.RETURNED)
