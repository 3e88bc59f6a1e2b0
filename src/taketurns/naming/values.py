"""What an expression stands for, found without running anybody's code: names, attributes, items, sums of whole numbers.

An attribute is read where it lies, as in `names`; an item out of an exact dict, list or tuple. A property, a
``__getattr__`` and a call are never run: what is behind them is not known.
"""

import ast
import types
from collections.abc import Callable
from typing import Any

__all__ = ["UnknownError", "lying", "value_of"]

#: How the system keeps what lies at a fixed place: ``__dict__``, and what ``__slots__`` names.
_FIXED = (types.GetSetDescriptorType, types.MemberDescriptorType)
#: What can be a key without a call of the learner's ``__hash__`` or ``__eq__``.
_KEYS = (str, int, bool, bytes, type(None))

_mro_of = type.__dict__["__mro__"].__get__
_dict_of = type.__dict__["__dict__"].__get__


class UnknownError(LookupError):
    """What an expression stands for cannot be found without running code."""


def value_of(node: ast.expr, names: Callable[[str], Any]) -> tuple[Any, str]:
    """Return what an expression stands for, and how the code calls it; an index is told by its value.

    ``names`` returns the value of a name, and raises ``UnknownError`` where it has none.
    """
    match node:
        case ast.Name(id=name):
            return names(name), name
        case ast.Attribute(value=owner, attr=name):
            thing, text = value_of(owner, names)
            return lying(thing, name), f"{text}.{name}"
        case ast.Subscript(value=owner, slice=index):
            thing, text = value_of(owner, names)
            key = _key(index, names)
            return _item(thing, key), f"{text}[{key!r}]"
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            return value_of(value, names)[0], name
    raise UnknownError


def _key(node: ast.expr, names: Callable[[str], Any]) -> Any:
    match node:
        case ast.Constant(value=key):
            pass
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mod(), right=right):
            key = _sum(_key(left, names), node.op, _key(right, names))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            key = -value
        case ast.Call(func=ast.Name(id="len"), args=[argument], keywords=[]):
            owner, _ = value_of(argument, names)
            if not _is_any_of(type(owner), (list, tuple, dict)):
                raise UnknownError
            key = len(owner)
        case _:
            key, _ = value_of(node, names)
    if not _is_any_of(type(key), _KEYS):
        raise UnknownError
    return key


def _sum(left: Any, op: ast.operator, right: Any) -> int:
    if type(left) is not int or type(right) is not int:
        raise UnknownError
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case _ if right:
            return left % right
    raise UnknownError


def _item(thing: Any, key: Any) -> Any:
    if not _is_any_of(type(thing), (dict, list, tuple)) or (type(thing) is not dict and type(key) is not int):
        raise UnknownError
    try:
        return thing[key]
    except LookupError:
        raise UnknownError from None


def lying(thing: Any, name: str) -> Any:
    """Return what an object, or else its class, holds under a name, without asking the object for it."""
    kind = type(thing)
    if not _is_any_of(type(_in_class(kind, "__getattribute__")), (types.WrapperDescriptorType,)):
        raise UnknownError  # what it gives may be something else
    defined = _in_class(kind, name)
    if _is_any_of(type(defined), _FIXED):
        try:
            return defined.__get__(thing)
        except AttributeError:
            raise UnknownError from None
    if defined is not None and _in_class(type(defined), "__set__") is not None:
        raise UnknownError  # a property, before what lies in the object
    if issubclass(kind, type):
        defined = _in_class(thing, name)
    home = None if issubclass(kind, type) else _in_class(kind, "__dict__")
    values = home.__get__(thing) if home is not None and _is_any_of(type(home), _FIXED) else {}
    if issubclass(type(values), dict) and dict.__contains__(values, name):
        return dict.__getitem__(values, name)
    if defined is None or _in_class(type(defined), "__get__") is not None:
        raise UnknownError
    return defined


def _in_class(kind: type, name: str) -> Any:
    """Return what a class or one of its bases defines under a name, as it was defined."""
    return next((_dict_of(base)[name] for base in _mro_of(kind) if name in _dict_of(base)), None)


def _is_any_of(kind: type, kinds: tuple[type, ...]) -> bool:
    return any(kind is each for each in kinds)  # `in` would ask a metaclass
