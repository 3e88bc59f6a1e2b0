"""What an expression stands for: found where it lies, and nobody's code runs."""

import ast
from collections.abc import Callable
from typing import Any

import pytest

from taketurns.naming.values import UnknownError, value_of


class Loud:
    """Whatever of it runs says so."""

    __slots__ = ("__dict__", "slot")
    shared = "shared"

    def __init__(self) -> None:
        self.own = "own"
        self.slot = "slot"

    @property
    def made(self) -> str:
        raise AssertionError("a property ran")

    def __getattr__(self, name: str) -> str:
        raise AssertionError("__getattr__ ran")

    def __getitem__(self, key: object) -> str:
        raise AssertionError("__getitem__ ran")

    def method(self) -> None:
        raise AssertionError("a method ran")


class Louder(Loud):
    def __getattribute__(self, name: str) -> Any:
        raise AssertionError("__getattribute__ ran")


class Dict(dict[str, str]):
    def __getitem__(self, key: str) -> str:
        raise AssertionError("__getitem__ ran")

    def __missing__(self, key: str) -> str:
        raise AssertionError("__missing__ ran")


class Key:
    def __hash__(self) -> int:
        raise AssertionError("__hash__ ran")


NAMES = {
    "loud": Loud(),
    "louder": object.__new__(Louder),
    "Loud": Loud,
    "ast": ast,
    "table": {"a": "one", 2: "two"},
    "row": ["x", "y", "z"],
    "odd": Dict(a="one"),
    "i": 1,
    "key": "a",
    "strange": Key(),
}


def look_up(name: str) -> Any:
    if name not in NAMES:
        raise UnknownError
    return NAMES[name]


def found(text: str, names: Callable[[str], Any] = look_up) -> tuple[Any, str]:
    return value_of(ast.parse(text, mode="eval").body, names)


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("i", 1, "i"),
        ("loud.own", "own", "loud.own"),
        ("loud.slot", "slot", "loud.slot"),
        ("loud.shared", "shared", "loud.shared"),
        ("Loud.shared", "shared", "Loud.shared"),
        ("ast.AST", ast.AST, "ast.AST"),
        ("table['a']", "one", "table['a']"),
        ("table[key]", "one", "table['a']"),
        ("table[i + 1]", "two", "table[2]"),
        ("row[(i + 4) % 3]", "z", "row[2]"),
        ("row[(i + 4) % len(row)]", "z", "row[2]"),
        ("row[-1]", "z", "row[-1]"),
    ],
)
def test_names_attributes_and_items_are_found(text: str, value: object, shown: str) -> None:
    assert found(text) == (value, shown)


@pytest.mark.parametrize(
    "text",
    [
        *("nowhere", "loud.nowhere", "loud.made", "loud.method", "louder.own", "loud[0]", "loud.own()"),
        *("odd['a']", "table['b']", "table[strange]", "row[9]", "row[i % 0]", "row['a']", "row[0:1]", "row[i * 2]"),
        *("[loud][0]", "loud if i else row", "None.__class__.__dict__"),
    ],
)
def test_what_would_have_to_run_or_is_not_there_is_not_known(text: str) -> None:
    with pytest.raises(UnknownError):
        found(text)


def test_a_property_comes_before_what_lies_in_the_object() -> None:
    loud = Loud()
    loud.__dict__["made"] = "hidden"
    with pytest.raises(UnknownError):
        found("it.made", {"it": loud}.__getitem__)
