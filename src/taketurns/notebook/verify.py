"""verify(): a claim and whether it holds, said in one line."""

import sys
from collections.abc import Awaitable, Generator

from taketurns.trace.text import describe

__all__ = ["Verdict", "say", "verify"]

PLAIN = {"✓": "ok", "✗": "NOT", "…": "..."}


class Verdict(int):
    """Whether something holds: 1 or 0, as ``True`` and ``False`` are.

    The line that was printed has said it all, so a notebook shows nothing for it where a cell ends with it.
    """

    def __repr__(self) -> str:
        return repr(bool(self))

    def _ipython_display_(self) -> None:
        pass


def verify(claim: str, holds: object, measured: object = None) -> Verdict:
    """Return whether a claim holds, and print ``✓ claim`` or ``✗ claim``, with what was measured where that is given.

    ``holds`` is taken by its truth; where it can be called, what it returns is. Nothing is raised: a claim that
    cannot be checked does not hold, and the line says why.
    """
    aside = "" if measured is None else f"measured: {_figure(measured)}"
    try:
        kept = _truth(holds() if callable(holds) else holds)
    except Exception as error:  # noqa: BLE001 - what an outcome raises is told, not passed on
        kept, aside = False, f"could not be checked: {describe(error)}"
    mark = "✓" if kept else "✗"
    say(f"{mark} {claim} ({aside})" if aside else f"{mark} {claim}")
    return Verdict(kept)


def _truth(outcome: object) -> bool:
    """Return the truth of an outcome; ``TypeError`` for what is true whatever it would have come to."""
    if isinstance(outcome, Awaitable):
        raise TypeError("this has not run yet; put `await` before it")
    if isinstance(outcome, Generator):
        raise TypeError("a generator is always true; put `all(...)` or `any(...)` around it")
    return bool(outcome)


def _figure(measured: object) -> str:
    """Return what was measured in words: a float to twelve digits, which drops the dust of its last bits."""
    try:
        return f"{measured:.12g}" if isinstance(measured, float) else str(measured)
    except Exception as error:  # noqa: BLE001 - what an outcome raises is told, not passed on
        return f"cannot be shown, {describe(error)}"


def say(line: str) -> None:
    """Print a line in characters that the output can carry: ``ok`` and ``NOT`` where it has no ✓ and ✗."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for sign, plain in PLAIN.items():
        if _carried(sign, encoding) != sign:
            line = line.replace(sign, plain)
    print(_carried(line, encoding))


def _carried(words: str, encoding: str) -> str:
    """Return the words as they come through an encoding, with ``?`` for what it lacks."""
    return words.encode(encoding, "replace").decode(encoding)
