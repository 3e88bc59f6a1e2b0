"""The arguments of a call as they stand in the name of a lane: short, and none that is secret.

Nothing of the learner's runs for it. A type is asked for by ``type``, never by ``__class__``, and only values of just
the types below are shown, since a subclass has a ``__repr__`` of its own. Of all others the type's name stands there.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from taketurns.naming.masks import MASK, is_secret, masked, printable

__all__ = ["Names", "given", "plain", "type_name"]

VALUE, ALL = 24, 40  #: the most characters of one value, and of all of them
READ = 500  #: of a long string, so many characters are looked at
FEW = 4  #: so many items of a list are shown

#: For a callable and each function that it wraps, the names of its positional parameters, and one for all that follow.
Names = list[tuple[str, ...]]

plain = str.__str__  #: of a subclass of str too, it makes a str, and runs nothing of the subclass
_name_of = type.__dict__["__name__"].__get__


def given(parameters: Names, args: Sequence[Any], pairs: Iterable[tuple[Any, Any]]) -> str:
    """Return arguments as they stand in a call, as many as there is room for."""
    shown: list[str] = []
    room = ALL
    secret = [places for names in parameters if (places := _secret_places(names))]
    for index, value in enumerate(args[:ALL] if len(args) > ALL else args):
        text = MASK if secret and _is_one(index, secret) else _shown(value)
        room -= len(text) + 2
        if room < 0:
            return ", ".join([*shown, "…"])
        shown.append(text)
    for key, value in pairs:
        name, secret_too = _keyword(plain(key) if issubclass(type(key), str) else type_name(key))
        text = f"{name}={MASK if secret_too else _shown(value)}"
        room -= len(text) + 2
        if room < 0:
            return ", ".join([*shown, "…"])
        shown.append(text)
    return ", ".join(shown)


def type_name(value: Any) -> str:
    """Return the name of a value's type, as one short line."""
    return _cut(printable(plain(_name_of(type(value)))))


@lru_cache(4096)
def _secret_places(names: tuple[str, ...]) -> tuple[bool, ...]:
    """Return for each positional parameter whether it is secret, the last for all that follow; empty if none is."""
    places = tuple(map(is_secret, names))
    return places if any(places) else ()


@lru_cache(4096)
def _keyword(name: str) -> tuple[str, bool]:
    return _cut(printable(name)), is_secret(name)


def _is_one(index: int, secret: Sequence[tuple[bool, ...]]) -> bool:
    return any(places[min(index, len(places) - 1)] for places in secret)


def _cut(text: str) -> str:
    """Return a text of at most so many characters: its middle goes, since what differs stands at the ends."""
    return text if len(text) <= VALUE else f"{text[: VALUE // 2 - 1]}…{text[-VALUE // 2 :]}"


def _shown(value: Any, deep: int = 0) -> str:
    """Return a value in at most so many characters; of what is not plain, the type's name."""
    kind = type(value)
    if kind is str:
        return _cut(repr(value if len(value) < VALUE and value.isalnum() else _string(value)))
    if value is None or kind is bool or (kind is int and value.bit_length() <= 256):
        return _cut(repr(value))
    if kind is float:
        text = repr(value)
        return text if len(text) <= 8 else f"{value:.6g}"
    if kind is bytes:
        text = value[:READ].decode("latin-1")
        found = masked(text)
        return _cut(repr(value[:READ]) if found == text else f"b{found!r}")
    if (kind is tuple or kind is list) and deep < 2:
        return _items(value, deep)
    return type_name(value)


def _string(value: str) -> str:
    """Return a string without its secrets; of a URL without an end, only that it is one."""
    if len(value) <= READ:
        return masked(value)
    start = value[:READ]
    return f"{start.partition('://')[0]}://…" if "://" in start else f"{masked(start)}…"


def _items(values: Sequence[Any], deep: int) -> str:
    """Return the first items of a list or tuple; what follows a secret name is secret."""
    few = values[:FEW]
    names = ["", *(value if type(value) is str else "" for value in few)]
    shown = [
        MASK if is_secret(name[:READ]) else _shown(value, deep + 1) for name, value in zip(names, few, strict=False)
    ]
    text = ", ".join([*shown, "…"] if len(values) > FEW else shown)
    if len(text) > VALUE - 3:
        text = f"{text[: VALUE - 4]}…"
    if type(values) is list:
        return f"[{text}]"
    return f"({text},)" if len(values) == 1 else f"({text})"
