"""Benchmarks stand outside of the tests, and still they use what the library has."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parent.parent / "benchmarks").glob("*.py"))


def missing(source: str) -> list[str]:
    """Return what is imported of ours, or asked of that by a dot, and is not there."""
    tree = ast.parse(source)
    ours = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("taketurns")
    ]
    names = {name.name: import_module(node.module) for node in ours for name in node.names}
    there = {name: getattr(home, name) for name, home in names.items() if hasattr(home, name)}
    asked = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    dotted = [(node.value.id, node.attr) for node in asked if node.value.id in there]
    return [*(names.keys() - there.keys()), *(f"{one}.{what}" for one, what in dotted if not hasattr(there[one], what))]


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_uses_of_the_library_is_there(path):
    assert missing(path.read_text(encoding="utf-8")) == []


def test_what_is_not_there_is_found():
    source = "from taketurns.trace.columns import Columns, Rows\nColumns.made()\nColumns.numbered()"
    assert missing(source) == ["Rows", "Columns.numbered"]
