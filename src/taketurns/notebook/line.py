"""What stands behind ``%%timeline``: options, and a label."""

from __future__ import annotations

from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from IPython.core.error import UsageError

__all__ = ["Line", "read"]

LANES = ("task", "worker")
ALLOWED = "it takes -o NAME, --lanes task, --lanes worker and --help, and behind them a label"


@dataclass(frozen=True)
class Line:
    """What stands behind ``%%timeline``."""

    label: str = ""
    name: str = ""  #: of the variable that gets the trace; empty for none
    lanes: str = "task"
    help: bool = False


def read(line: str) -> Line:
    """Return what stands behind ``%%timeline``; ``UsageError`` says what was given and what is allowed."""
    given: dict[str, Any] = {}
    rest = line.strip()
    while rest.startswith("-"):
        option, rest = _first_word(rest)
        if option == "--":
            return Line(rest, **given)
        if option == "--help":
            return Line(help=True)
        value, rest = _first_word(rest)
        given |= _option(option, value)
    if late := {"-o", "--lanes", "--help"} & set(rest.split()):
        raise UsageError(f"%%timeline was given {late.pop()} in its label {rest!r}; options stand before the label")
    return Line(rest, **given)


def _first_word(rest: str) -> tuple[str, str]:
    """Return the first word, and what stands behind it."""
    first, *others = rest.split(maxsplit=1) or [""]
    return first, "".join(others)


def _option(option: str, value: str) -> dict[str, str]:
    """Return an option as the field that it sets."""
    if option == "--lanes":
        if value not in LANES:
            raise UsageError(f"%%timeline --lanes takes task or worker; it was given {value or 'nothing'}")
        return {"lanes": value}
    if option == "-o":
        if not value.isidentifier() or iskeyword(value):
            given = value or "nothing"
            raise UsageError(f"%%timeline -o takes the name of a variable, such as t; it was given {given}")
        return {"name": value}
    raise UsageError(f"%%timeline was given {option}; {ALLOWED} (one that begins with - stands behind --)")
