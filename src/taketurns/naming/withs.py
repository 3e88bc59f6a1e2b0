"""Which ``with`` blocks, and which plain ``x.acquire()``, stand around an instruction, and which one it enters.

The blocks are told by the table of exceptions of the code: it says exactly from where to where a block reaches, so that
who leaves it is not in it any more. Their expressions come from the source, through `linecache`; where there is none,
nothing is found.
"""

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from opcode import opmap
from types import CodeType

from taketurns.naming.acquires import Taken, acquired, parsed

__all__ = ["Taken", "at", "called", "held", "wanted"]

_OF_WITH = bytes((opmap["PUSH_EXC_INFO"], opmap["WITH_EXCEPT_START"]))
#: Until 3.13, the instructions that enter; later, calls like others.
_ENTER = {opmap[name] for name in ("BEFORE_WITH", "BEFORE_ASYNC_WITH") if name in opmap}

#: From where to where a block reaches, and where its handler is, as offsets in bytes.
Entry = tuple[int, int, int]
#: First and last line, and from which byte to which.
Position = tuple[int, int, int, int]


def held(code: CodeType, instruction: int) -> tuple[Taken, ...]:
    """Return what an instruction, by its offset in bytes, stands inside of; the outermost first."""
    return _held(code.co_filename, code, instruction)


def at(code: CodeType, instruction: int) -> tuple[ast.expr | None, bool]:
    """Return the expression at an instruction, or of what it enters, and whether it enters that."""
    return _at(code.co_filename, code, instruction)


def wanted(code: CodeType, instruction: int) -> ast.expr | None:
    """Return the expression of what an instruction enters, or whose method it calls."""
    expression, enters = at(code, instruction)
    if enters:
        return expression
    call = called(code, instruction)
    return call.func.value if call is not None and isinstance(call.func, ast.Attribute) else None


def called(code: CodeType, instruction: int) -> ast.Call | None:
    """Return the call that an instruction makes; ``None`` where it makes none, or enters what a call returned."""
    match at(code, instruction):
        case ast.Call() | ast.Await(value=ast.Call()) as expression, False:
            return expression.value if isinstance(expression, ast.Await) else expression  # type: ignore[return-value]
    return None


# The name of the file is in the key: code is equal to code of the same text in another file.
@lru_cache(1024)
def _held(file: str, code: CodeType, instruction: int) -> tuple[Taken, ...]:
    blocks = _Blocks(code)
    items = [_expression(file, blocks.item(handler)) for handler in blocks.around(instruction)]
    found = [Taken(node, True) for node in reversed(items) if node is not None]
    position = _position(code, instruction)
    if "acquire" in code.co_names and position is not None:
        place = (position[0], position[2]), blocks.leaves(instruction)
        found += acquired(_lines(file), code.co_firstlineno, code.co_name, *place)
    return tuple(found)


@lru_cache(1024)
def _at(file: str, code: CodeType, instruction: int) -> tuple[ast.expr | None, bool]:
    blocks = _Blocks(code)
    for handler in blocks.handlers:
        if blocks.enter(handler) <= instruction < blocks.begin(handler):
            return _expression(file, blocks.item(handler)), True
    return _expression(file, _position(code, instruction)), False


class _Blocks:
    """The ``with`` blocks of a code, each known by its handler of exceptions; all are offsets in bytes."""

    def __init__(self, code: CodeType) -> None:
        self.code, self.operations = code, code.co_code[::2]
        self.entries = _entries(code.co_exceptiontable)
        self.handlers = {target for _, _, target in self.entries if self._is_of_with(target)}

    def around(self, instruction: int) -> Iterator[int]:
        """Yield the blocks around an instruction, the innermost first."""
        at, seen = instruction, set()
        while (found := next((target for start, end, target in self.entries if start <= at < end), -1)) not in seen:
            if found in self.handlers:
                yield found
            seen.add(found)
            at = found

    def leaves(self, instruction: int) -> bool:
        """Return whether an instruction leaves a block: it has the place of the entry, and is behind that."""
        position = _position(self.code, instruction)
        begins = [(handler, self.begin(handler)) for handler in self.handlers]
        entered = [self.before(begin) for _, begin in begins if begin <= instruction]
        return any(_position(self.code, each) == position for each in entered)

    def begin(self, handler: int) -> int:
        return min(start for start, _, target in self.entries if target == handler)

    def before(self, offset: int) -> int:
        """Return the offset of the instruction before one, whatever it keeps in caches."""
        at = offset // 2 - 1
        while at > 0 and self.operations[at] == opmap["CACHE"]:
            at -= 1
        return at * 2

    def enter(self, handler: int) -> int:
        """Return where the entry of a block begins, when its expression has been evaluated, or a little before."""
        at = last = self.before(self.begin(handler))
        if _ENTER:
            while at > 0 and self.operations[at // 2] not in _ENTER:
                at = self.before(at)
            return at
        while at > 0 and _position(self.code, self.before(at)) == _position(self.code, last):
            at = self.before(at)
        return at

    def item(self, handler: int) -> Position | None:
        """Return where the expression of a block stands. Until 3.12 only what is before its entry has that place."""
        return _position(self.code, self.before(self.enter(handler) if _ENTER else self.begin(handler)))

    def _is_of_with(self, handler: int) -> bool:
        return self.operations[handler // 2 : handler // 2 + 2] == _OF_WITH


def _position(code: CodeType, instruction: int) -> Position | None:
    found = next(islice(code.co_positions(), max(instruction, 0) // 2, None), None)
    if found is None or None in found:
        return None
    return found[0], found[1], found[2], found[3]  # type: ignore[return-value]


def _lines(file: str) -> list[str]:
    linecache.checkcache(file)
    return linecache.getlines(file)


def _expression(file: str, position: Position | None) -> ast.expr | None:
    """Return what stands at a position in a file, where it is an expression."""
    if position is None:
        return None
    first, last, start, end = position
    lines = [line.encode(errors="replace") for line in _lines(file)[first - 1 : last]]
    if not lines:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return parsed(f"(\n{b''.join(lines).decode(errors='replace')}\n)")


def _entries(table: bytes) -> list[Entry]:
    """Return the entries of a table of exceptions: numbers of six bits a byte, four for each entry."""
    numbers: list[int] = []
    goes_on = False
    for byte in table:
        if goes_on:
            numbers[-1] = (numbers[-1] << 6) | (byte & 63)
        else:
            numbers.append(byte & 63)
        goes_on = bool(byte & 64)
    quads = zip(*[iter(numbers)] * 4, strict=False)
    return [(start * 2, (start + length) * 2, target * 2) for start, length, target, _ in quads]
