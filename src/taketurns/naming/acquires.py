"""What a function has taken by a plain ``x.acquire()`` and not given back by ``x.release()``, in a straight line.

Only what stands before an instruction in its own list of statements, or in one around it, counts: it has surely run.
A call of ``acquire`` with arguments may have been in vain, and counts only where an ``if`` asks for it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Taken", "acquired", "parsed"]


class Taken(NamedTuple):
    """An expression of what is taken, and whether the same function gives it back, here or elsewhere."""

    node: ast.expr
    is_given_back: bool


#: A line and a column.
Place = tuple[int, int]
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def acquired(lines: list[str], first: int, name: str, at: Place, leaves: bool) -> list[Taken]:
    """Return what is taken at a line and column in a function that begins in a line and has that name.

    ``leaves`` says that it is a ``with`` block that is being left there: all of it has run.
    """
    module = _module("".join(lines))
    if module is None:
        return []
    body = module.body if name == "<module>" else _body(module, first, name)
    taken: dict[str, ast.expr] = {}
    _through(body, at, leaves, taken)
    calls = [_call(node, "release") for statement in body for node in ast.walk(statement)] if taken else []
    given_back = {ast.dump(owner) for owner in calls if owner is not None}
    return [Taken(node, key in given_back) for key, node in taken.items()]


@lru_cache(8)
def _module(source: str) -> ast.Module | None:
    try:
        return ast.parse(_plain(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parsed(source: str) -> ast.expr | None:
    """Return a piece of source as an expression; ``None`` where it is none."""
    try:
        return ast.parse(_plain(source), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _plain(source: str) -> str:
    """Return a source without what Python would warn of again: a backslash in a string, and some letter."""
    return re.sub(r"\\[^'\"\n\r]", "//", source)


def _body(module: ast.Module, first: int, name: str) -> list[ast.stmt]:
    for node in ast.walk(module):
        if isinstance(node, _Function) and node.name == name:
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if begin == first:
                return node.body
    return []


def _through(body: list[ast.stmt], at: Place, leaves: bool, taken: dict[str, ast.expr]) -> None:
    """Go through statements up to a place, and into the one that it is in."""
    for statement in body:
        if _begin(statement) > at:
            return
        if _is_in(at, statement):
            _inside(statement, at, leaves, taken)
            return
        if isinstance(statement, ast.Expr) and (owner := _call(statement.value, "acquire", plain=True)) is not None:
            taken[ast.dump(owner)] = owner
            continue
        for node in ast.walk(statement):
            if (owner := _call(node, "release")) is not None:
                taken.pop(ast.dump(owner), None)


def _inside(statement: ast.stmt, at: Place, leaves: bool, taken: dict[str, ast.expr]) -> None:
    if leaves and isinstance(statement, ast.With | ast.AsyncWith) and at < _begin(statement.body[0]):
        _through(statement.body, (sys.maxsize, 0), False, taken)
    for part in _lists(statement):
        if any(_is_in(at, each) for each in part):
            if isinstance(statement, ast.If) and part is statement.body:
                owner = _call(statement.test, "acquire")
                taken |= {} if owner is None else {ast.dump(owner): owner}
            _through(part, at, leaves, taken)


def _lists(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the lists of statements in a statement; those of a function or class run at another time."""
    if not isinstance(statement, _Function | ast.ClassDef):
        for name in ("body", "orelse", "finalbody"):
            yield getattr(statement, name, [])
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield part.body


def _is_in(at: Place, node: ast.stmt) -> bool:
    return _begin(node) <= at < (node.end_lineno or 0, node.end_col_offset or 0)


def _begin(node: ast.stmt) -> Place:
    return node.lineno, node.col_offset


def _call(node: ast.AST, method: str, plain: bool = False) -> ast.expr | None:
    """Return whose method a call is; where it has to be plain, without arguments."""
    if isinstance(node, ast.Await):
        node = node.value
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args, keywords=keywords) if name == method:
            return None if plain and (args or keywords) else owner
    return None
