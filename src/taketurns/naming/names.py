"""What a lane is called: a function and its arguments, or the name that the program gave.

Nothing of the learner's runs for it: an attribute is read where it lies, in the dictionary of an object or of a class,
or by what Python itself put there to read it. Types are compared by ``is`` and `issubclass`: ``==`` and ``in`` ask a
metaclass.
"""

import functools
import re
import threading
import types
from collections.abc import Mapping, Sequence
from typing import Any

from taketurns.naming.arguments import Names, given, plain, type_name
from taketurns.naming.masks import printable

__all__ = ["call_name", "code_name", "process_name", "thread_name"]

LONGEST = 40  #: the most characters of a function's name, and of a thread's
DEEP = 8  #: so many wrappers are taken off a function
STAR, STARS = 0x04, 0x08  #: of a code's flags: it takes *args, it takes **kwargs

PLACEHOLDER = getattr(functools, "Placeholder", object())  # since 3.14
METHODS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
AT_FIXED_PLACES = (types.GetSetDescriptorType, types.MemberDescriptorType)

#: How `threading` (with the target's name behind the number), its pools and asyncio build a name.
AUTOMATIC = re.compile(
    r"Thread-\d+(?: \(.*\))?|Dummy-\d+|MainThread|(?:Thread|Interpreter)PoolExecutor-\d+_\d+|asyncio_\d+"
    r"|(?:asyncio-)?waitpid-\d+",
    re.DOTALL,
)

#: How `multiprocessing` and loky do.
PROCESSES = re.compile(r"[A-Za-z]*(?:Process|PoolWorker)-\d+(?::\d+)*")

_name_of = type.__dict__["__name__"].__get__
_mro_of = type.__dict__["__mro__"].__get__
_dict_of = type.__dict__["__dict__"].__get__
_func, _args, _keywords = (functools.partial.__dict__[name].__get__ for name in ("func", "args", "keywords"))


def call_name(
    function: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, arguments: bool = True
) -> str:
    """Return a call as a short line, such as ``download('home')``; what is secret is masked."""
    parts: list[Any] = []
    if type(function) is not types.FunctionType:
        function, parts = _unwrapped(function)
    head, parameters = _callable(function)
    if not arguments:
        return head
    if not (type(args) is tuple or type(args) is list) or (kwargs is not None and type(kwargs) is not dict):
        return f"{head}(…)"  # they are of the learner's making
    pairs = list(kwargs.items()) if kwargs else []
    for part in parts:
        args, pairs = _with_part(part, args, pairs)
    return f"{head}({given(parameters, args, pairs)})"


def code_name(code: types.CodeType, values: Mapping[str, Any], *, arguments: bool = True) -> str:
    """Return the call that a frame runs, by its code and the values of its variables."""
    names, count = code.co_varnames, code.co_argcount
    head, skip = _head(plain(code.co_qualname)), 0
    if count and names[0] in ("self", "cls") and "." in head:
        head, skip = _of(values[names[0]], head) if names[0] in values else head, 1
    if not arguments:
        return head
    last = count + code.co_kwonlyargcount
    parameters = [name for name in names[skip:count] if name in values]
    args = [values[name] for name in parameters]
    pairs = [(name, values[name]) for name in names[count:last] if name in values]
    parameters.append("")
    if code.co_flags & STAR:
        parameters[-1] = names[last]
        more = values.get(names[last])
        args += more if type(more) is tuple else ()
        last += 1
    if code.co_flags & STARS:
        more = values.get(names[last])
        pairs += more.items() if type(more) is dict else ()
    return f"{head}({given([tuple(parameters)], args, pairs)})"


def thread_name(thread: threading.Thread) -> str:
    """Return the name that the program gave to a thread; empty where it gave none."""
    return _given(thread, AUTOMATIC)


def process_name(process: Any) -> str:
    """Return the name that the program gave to a process; empty where it gave none."""
    name = _given(process, PROCESSES)
    # `multiprocessing` builds a name of that of the class.
    kind, _, number = name.rpartition("-")
    return "" if number.replace(":", "").isdigit() and kind == type_name(process) else name


def _given(carrier: Any, automatic: re.Pattern[str]) -> str:
    name = _lying(carrier, "_name")
    if not issubclass(type(name), str) or automatic.fullmatch(plain(name)):
        return ""
    shown = printable(plain(name))
    return _short(shown) if shown.strip() else ""


# A function


def _unwrapped(function: Any) -> tuple[Any, list[Any]]:
    """Return the function that is in a `functools.partial`, and the partials around it, the innermost last."""
    parts: list[Any] = []
    while issubclass(type(function), functools.partial) and len(parts) < DEEP:
        parts.append(function)
        function = _func(function)
    return function, parts


def _with_part(part: Any, args: Sequence[Any], pairs: list[tuple[Any, Any]]) -> tuple[Sequence[Any], list[Any]]:
    """Return the arguments that a partial hands on: its own first, where a call does not replace them."""
    late = list(args)
    early = [late.pop(0) if value is PLACEHOLDER and late else value for value in _args(part)]
    replaced = {key for key, _ in pairs if type(key) is str}
    own = [(key, value) for key, value in _keywords(part).items() if type(key) is not str or key not in replaced]
    return early + late, own + pairs


def _callable(function: Any) -> tuple[str, Names]:
    """Return what a callable is called, and what its positional parameters are called, as far as that can be told."""
    kind = type(function)
    if kind is types.FunctionType:
        return _head(plain(function.__qualname__)), _parameters(function, 0)
    if kind is types.MethodType:
        head, parameters = _callable(function.__func__)
        return _of(function.__self__, head), [names[1:] or names for names in parameters]
    if kind is types.BuiltinFunctionType:
        name, owner = _head(plain(function.__name__)), function.__self__
        if owner is not None and not issubclass(type(owner), types.ModuleType):
            name = _of(owner, name)
        return name, _documented(function.__text_signature__)
    if issubclass(kind, METHODS):
        return _head(function.__qualname__), [("", *names) for names in _documented(function.__text_signature__)]
    if issubclass(kind, type):
        return _head(plain(_name_of(function))), _of_methods(function, "__init__", "__new__")
    return _instance(function, kind)


def _instance(function: Any, kind: type) -> tuple[str, Names]:
    """Return the same of any other object: by a name that it carries as a plain string, else by its type."""
    name, wrapped = _lying(function, "__name__"), _lying(function, "__wrapped__")
    if issubclass(type(name), AT_FIXED_PLACES):  # it is written in C, as a ufunc of NumPy is
        try:
            name = name.__get__(function)
        except AttributeError:
            name = None
    parameters = _of_methods(kind, "__call__")
    if type(wrapped) is types.FunctionType:  # as `lru_cache` leaves it
        parameters += _parameters(wrapped, 0)
        name = wrapped.__qualname__ if type(name) is str else name
    return _head(plain(name)) if type(name) is str else type_name(function), parameters


def _parameters(function: Any, skip: int) -> Names:
    """Return the names of a function's positional parameters, and of those that it wraps."""
    found: Names = []
    while len(found) < DEEP:
        code = function.__code__
        names, count = code.co_varnames, code.co_argcount
        rest = names[count + code.co_kwonlyargcount] if code.co_flags & STAR else ""
        found.append((*names[skip:count], rest))
        function = dict.get(function.__dict__, "__wrapped__")
        if type(function) is not types.FunctionType:
            break
    return found


def _of_methods(owner: type, *methods: str) -> Names:
    """Return the names of the parameters of a class's methods, without ``self``."""
    found: Names = []
    for method in methods:
        defined = _in_class(owner, method)
        if type(defined) is staticmethod:  # as `__new__` is
            defined = defined.__func__
        if type(defined) is types.FunctionType:
            found += _parameters(defined, 1)
    return found


@functools.lru_cache(1024)
def _documented(signature: str | None) -> Names:
    """Return the names of the positional parameters of a function in C, by its own account."""
    if signature is None:
        return []
    parts = [part.strip().partition("=")[0] for part in signature.strip("()").split(",")]
    return [(*(part.lstrip("*") for part in parts if part not in ("/", "*") and not part.startswith("$")), "")]


@functools.lru_cache(4096)
def _head(qualname: str) -> str:
    """Return a short name of a function: with its class, without the function that it was defined in."""
    names = printable(qualname).replace("<", "").replace(">", "").split(".")
    return _short(".".join(names[-2:] if len(names) > 1 and names[-2] != "locals" else names[-1:]))


def _of(owner: Any, head: str) -> str:
    """Return the name of a method with the class of the object that it is called on, or with the class that it is."""
    kind = type(owner)
    return _head(f"{plain(_name_of(owner if issubclass(kind, type) else kind))}.{head.rpartition('.')[2]}")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# What lies where


def _in_class(kind: type, name: str) -> Any:
    """Return what a class or one of its bases defines under a name, as it was defined."""
    return next((_dict_of(base)[name] for base in _mro_of(kind) if name in _dict_of(base)), None)


def _lying(thing: Any, name: str) -> Any:
    """Return what an object, or else its class, holds under a name, without asking the object for it."""
    home = _in_class(type(thing), "__dict__")
    values = home.__get__(thing) if type(home) is types.GetSetDescriptorType else {}
    return dict.__getitem__(values, name) if dict.__contains__(values, name) else _in_class(type(thing), name)
