"""The wheel carries the library and no test, and what the library imports is declared where it is needed."""

import ast
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DISTRIBUTIONS = packages_distributions()


def names(requirements: list[str]) -> set[str]:
    found = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    return {normal(match[0]) for match in found if match}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(source: str) -> Iterator[str]:
    """Return the first names of what is imported anywhere in a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


def undeclared(place: str, source: str) -> set[str]:
    """Return the packages that a module imports and that are not declared where it needs them."""
    declared = names(PROJECT["dependencies"])
    if place.startswith("course/"):
        declared |= names(PROJECT["optional-dependencies"]["course"])
    others = set(imported(source)) - sys.stdlib_module_names - {"taketurns"}
    return {name for name in others if not declared & {*map(normal, DISTRIBUTIONS.get(name, [name]))}}


def test_the_wheel_carries_all_of_the_library_and_nothing_else(tmp_path: Path) -> None:
    wheels = pytest.importorskip("hatchling.builders.wheel")
    (path,) = wheels.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    packed = {name for name in zipfile.ZipFile(path).namelist() if ".dist-info/" not in name}
    files = {path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file()}
    assert packed == {file.as_posix() for file in files if "__pycache__" not in file.parts}
    assert {Path(name).suffix for name in packed} >= {".py", ".js", ".css", ".json"}
    assert "taketurns/py.typed" in packed


def test_what_a_module_imports_is_declared() -> None:
    paths = sorted((SOURCE / "taketurns").rglob("*.py"))
    places = {path.relative_to(SOURCE / "taketurns").as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert {place: found for place, source in places.items() if (found := undeclared(place, source))} == {}


def test_what_is_not_declared_is_found() -> None:
    assert undeclared("trace/trace.py", "def f():\n    from pandas.core import x\n    import PIL.Image") == {"pandas"}
    assert undeclared("trace/trace.py", "import httpx, greenlet") == {"httpx"}
    assert undeclared("course/labs/x.py", "import httpx, greenlet, json") == set()
