"""Whether a wait has a timeout, and so ends by itself: told from where it stands, without running anybody's code.

Where that cannot be told, it has one: of who may go on by themselves nobody is to say that they hang.
"""

import ast
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from taketurns.naming.values import UnknownError, value_of
from taketurns.watcher import locks
from taketurns.watcher.places import full_name

__all__ = ["has_timeout"]

#: Whose functions that wait call it ``timeout``.
_MODULES = ("threading.", "queue.", "concurrent.", "multiprocessing.", "subprocess.")
#: What is written in C, and which of its arguments the timeout is: that of a lock, and of a `queue.SimpleQueue`.
_POSITIONS = {"acquire": 1, "get": 1}


def has_timeout(stack: Sequence[FrameType], call: ast.Call | None) -> bool:
    """Return whether a wait has a timeout.

    ``stack`` are its frames up to the learner's, the innermost first; ``call`` is what the innermost has called.
    """
    for frame in reversed(stack):  # the outermost of the standard library is what was called
        if full_name(frame.f_code).startswith(_MODULES) and "timeout" in frame.f_code.co_varnames:
            try:
                return _is_one(locks.names_in(frame)("timeout"))
            except UnknownError:
                break
    return bool(stack) and call is not None and _has_one(call, locks.names_in(stack[0]))


def _has_one(call: ast.Call, names: Callable[[str], Any]) -> bool:
    try:
        given = {"timeout": _positional(call, names)}
        for keyword in call.keywords:
            given |= _known(keyword.value, names, dict) if keyword.arg is None else {}
            if keyword.arg == "timeout":
                given["timeout"] = _value(keyword.value, names)
    except UnknownError:
        return True
    return _is_one(given.get("timeout"))


def _positional(call: ast.Call, names: Callable[[str], Any]) -> Any:
    """Return the timeout of a call, if it has it by its position, and else ``None``."""
    position = _POSITIONS.get(call.func.attr) if isinstance(call.func, ast.Attribute) else None
    if position is None:
        return None
    values: list[Any] = []
    for node in call.args:
        is_many = isinstance(node, ast.Starred)
        values += _known(node.value, names, tuple) if is_many else [node]  # type: ignore[attr-defined]
    value = values[position] if position < len(values) else None
    return _value(value, names) if isinstance(value, ast.expr) else value


def _known(node: ast.expr, names: Callable[[str], Any], kind: type) -> Any:
    thing, _ = value_of(node, names)
    if type(thing) is not kind:
        raise UnknownError
    return thing


def _value(node: ast.expr, names: Callable[[str], Any]) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return value_of(node, names)[0]


def _is_one(value: Any) -> bool:
    """Return whether a timeout is one: ``None`` is none, and -1 neither."""
    return value is not None and not (type(value) in (int, float) and value < 0)
