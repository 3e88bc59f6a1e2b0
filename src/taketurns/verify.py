"""A claim and whether it holds, said in one line; and what keeps a notebook from echoing ``True`` under it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Awaitable, Generator
from contextlib import suppress
from types import ModuleType
from typing import Any

__all__ = ["describe", "say", "verify"]

PLAIN = {"✓": "ok", "✗": "NOT", "…": "..."}
QUIET = {("taketurns.verify", "verify"), ("taketurns.checks", "Exercise.check")}


def verify(claim: str, holds: object, measured: object = None) -> bool:
    """Print ``✓ claim`` or ``✗ claim``, with what was measured where that is given, and tell whether it holds.

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
    return kept


def _truth(outcome: object) -> bool:
    """Give the truth of an outcome; ``TypeError`` for what is true whatever it would have come to."""
    if isinstance(outcome, Awaitable):
        raise TypeError("this has not run yet; put `await` before it")
    if isinstance(outcome, Generator):
        raise TypeError("a generator is always true; put `all(...)` or `any(...)` around it")
    return bool(outcome)


def _figure(measured: object) -> str:
    """Say what was measured; a float to twelve digits, which drops the dust of its last bits."""
    try:
        return f"{measured:.12g}" if isinstance(measured, float) else str(measured)
    except Exception as error:  # noqa: BLE001 - what an outcome raises is told, not passed on
        return f"cannot be shown, {describe(error)}"


def describe(error: Exception) -> str:
    """Say an error in one line: its type, and its message where it has one."""
    try:
        message = " ".join(str(error).split())
    except Exception:  # noqa: BLE001
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def say(line: str) -> None:
    """Print a line in characters that the output can carry: ``ok`` and ``NOT`` where it has no ✓ and ✗."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    for sign, plain in PLAIN.items():
        if _carried(sign, encoding) != sign:
            line = line.replace(sign, plain)
    print(_carried(line, encoding))


def _carried(words: str, encoding: str) -> str:
    """Give the words as they come through an encoding, with ``?`` for what it lacks."""
    return words.encode(encoding, "replace").decode(encoding)


# A notebook echoes the value of a cell's last expression. The line above it has said it all, so it is not echoed.
# Only the cell that imports this for the first time is read before that rule stands.


class QuietEnd(ast.NodeTransformer):
    """Lets a cell whose last line is a call of ``verify`` or ``check`` end as if ``pass`` stood after it."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell

    def visit_Module(self, cell: ast.Module) -> ast.Module:
        """Add the ``pass``; whatever goes wrong, the cell stays as it is."""
        with suppress(Exception):
            match cell.body:
                case [*_, ast.Expr(ast.Call(called)) as last] if self._is_ours(called):
                    cell.body.append(ast.copy_location(ast.Pass(), last))
        return cell

    def _is_ours(self, called: ast.expr) -> bool:
        """Tell whether a call is of one of ours. A name that this cell is yet to bind is taken by its spelling."""
        match called:
            case ast.Name("verify") | ast.Attribute(attr="verify" | "check"):
                try:
                    return _identity(self._found(called)) in QUIET
                except KeyError:
                    return True
        return False

    def _found(self, named: ast.expr) -> object:
        """Give what a dotted name is bound to, running nobody's properties; ``KeyError`` where it is not bound yet."""
        match named:
            case ast.Name(name):
                return self.shell.user_ns[name]
            case ast.Attribute(owner, attr):
                found = self._found(owner)
                get = getattr if isinstance(found, ModuleType) else inspect.getattr_static
                return get(found, attr, None)
        return None


def _identity(function: object) -> tuple[object, object]:
    """Tell where a function was written: that survives a reload, which makes a new function."""
    return getattr(function, "__module__", None), getattr(function, "__qualname__", None)


def _keep_quiet() -> None:
    """Put the transformer into the IPython that runs this, if one does, in the place of an earlier one."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        others = [each for each in shell.ast_transformers if _identity(type(each)) != _identity(QuietEnd)]
        shell.ast_transformers = [*others, QuietEnd(shell)]


with suppress(Exception):  # in an IPython without this extension point, an echoed True is better than no course
    _keep_quiet()
