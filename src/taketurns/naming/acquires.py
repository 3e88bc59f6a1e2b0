"""What a function has taken by a plain ``x.acquire()`` and not given back by ``x.release()``, in a straight line.

Only what stands before an instruction in its own list of statements, or in one around it, counts: it has surely run.
A call of ``acquire`` with arguments may have been in vain, and counts only where an ``if`` asks for it.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["acquired", "parsed"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def acquired(lines: list[str], first: int, name: str, line: int, column: int) -> list[ast.expr]:
    """Return the expressions of what is taken at a place in a function that begins in a line and has that name."""
    module = _module("".join(lines))
    if module is None:
        return []
    body = module.body if name == "<module>" else _body(module, first, name)
    taken: dict[str, ast.expr] = {}
    while body:
        body = _through(body, (line, column), taken)
    return list(taken.values())


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
    """Return a source without what Python would warn of again: what is written as ``\\d`` in a string, of whatever kind."""
    return re.sub(r"\\[^'\"\n\r]", "//", source)


def _body(module: ast.Module, first: int, name: str) -> list[ast.stmt]:
    for node in ast.walk(module):
        if isinstance(node, _Function) and node.name == name:
            begin = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if begin == first:
                return node.body
    return []


def _through(body: list[ast.stmt], at: tuple[int, int], taken: dict[str, ast.expr]) -> list[ast.stmt]:
    """Go through statements up to the one that a place is in; return the list inside of that in which it is."""
    for statement in body:
        if (statement.lineno, statement.col_offset) > at:
            return []
        if at < (statement.end_lineno or 0, statement.end_col_offset or 0):
            if isinstance(statement, ast.If) and (owner := _call(statement.test, "acquire")) is not None:
                if any(_is_in(at, each) for each in statement.body):
                    taken[ast.dump(owner)] = owner
            return next((part for part in _lists(statement) if any(_is_in(at, each) for each in part)), [])
        if isinstance(statement, ast.Expr) and (owner := _call(statement.value, "acquire", plain=True)) is not None:
            taken[ast.dump(owner)] = owner
            continue
        for node in ast.walk(statement):
            if (owner := _call(node, "release")) is not None:
                taken.pop(ast.dump(owner), None)
    return []


def _lists(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the lists of statements in a statement; those of a function or class run at another time."""
    if not isinstance(statement, _Function | ast.ClassDef):
        for name in ("body", "orelse", "finalbody"):
            yield getattr(statement, name, [])
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield part.body


def _is_in(at: tuple[int, int], node: ast.stmt) -> bool:
    return (node.lineno, node.col_offset) <= at < (node.end_lineno or 0, node.end_col_offset or 0)


def _call(node: ast.AST, method: str, plain: bool = False) -> ast.expr | None:
    """Return whose method a call is; where it has to be plain, without arguments."""
    if isinstance(node, ast.Await):
        node = node.value
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args, keywords=keywords) if name == method:
            return None if plain and (args or keywords) else owner
    return None
