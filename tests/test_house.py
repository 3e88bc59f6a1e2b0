"""The house: imports run one way, between few rooms, and each file is small and says what it is."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import taketurns

SOURCE = Path(taketurns.__file__).parent
MODULES = sorted(path.relative_to(SOURCE).with_suffix("").as_posix() for path in SOURCE.rglob("*.py"))
EVERYTHING = ["trace", "machine", "naming", "suspend", "watcher", "recording", "simulation", "pictures", "widgets"]
EVERYTHING += ["notebook", "course"]

#: Each row: a package, or a file beside the packages, and what of ours it may import. From the bottom up.
MAY_IMPORT: dict[str, list[str]] = {
    "trace": [],
    "machine": [],
    "naming": ["trace"],
    "suspend": ["trace"],
    "watcher": ["naming", "trace", "machine"],
    "recording": ["watcher", "suspend", "naming", "trace", "machine"],
    "simulation": ["suspend", "recording", "trace"],
    "pictures": ["trace", "machine"],
    "widgets": ["pictures", "recording", "trace"],
    "notebook": ["pictures", "recording", "watcher", "trace", "machine"],
    "course": EVERYTHING,
    "__init__": ["trace", "recording", "notebook"],  # all else by its lazy table, which alone names the course
}

#: Against the direction, and only inside a function: a trace shows itself in a notebook.
WRITTEN_DOWN = {("trace/trace", "pictures/timeline")}

#: What is neither ours nor the standard library's, and the rows, or single modules, that may import it.
OTHERS: dict[str, list[str]] = {
    "IPython": ["pictures", "notebook"],
    "PIL": ["pictures", "course"],
    "anywidget": ["widgets", "course"],
    "cycler": ["pictures"],
    "dask": ["course"],
    "distributed": ["course"],
    "greenlet": ["suspend", "course"],
    "httpx": ["course"],
    "matplotlib": ["pictures", "widgets", "course"],
    "numpy": ["pictures", "trace/counts", "trace/sums", "trace/totals", "widgets/explore"],
    "psycopg": ["course"],
    "tornado": ["course"],
    "traitlets": ["widgets", "course"],
}


def imports(tree: ast.AST, module: str, known: list[str], in_function: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield what a module imports, ``trace/spans`` (ours) or ``.numpy``, and whether it does so in a function."""
    for node in ast.iter_child_nodes(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ["taketurns", *module.split("/")][: -node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(node, module, known, inside)
        for name in names:
            yield target(name, known), in_function


def target(name: str, known: list[str]) -> str:
    """Return the module that a dotted name stands in."""
    first, *rest = name.split(".")
    if first != "taketurns":
        return f".{first}"
    paths = ["/".join(rest[:length]) for length in range(len(rest), 0, -1)]
    found = (path for each in paths for path in (each, f"{each}/__init__") if path in known)
    return next(found, "__init__")


def row(module: str) -> str:
    return module.partition("/")[0]


def wrong(source: str, module: str, known: list[str]) -> list[str]:
    """Return the imports of a module that the tables do not allow, those for annotations included."""
    found = []
    for imported, in_function in imports(ast.parse(source), module, known):
        if imported.startswith("."):
            name = imported[1:]
            allowed = name in {*sys.stdlib_module_names, "__future__"}
            allowed |= not {row(module), module}.isdisjoint(OTHERS.get(name, ()))
        else:
            allowed = row(imported) in {row(module), *MAY_IMPORT[row(module)]}
            allowed |= in_function and (module, imported) in WRITTEN_DOWN
        if not allowed:
            found.append(f"{module} must not import {imported.removeprefix('.')}")
    return found


def source_of(module: str) -> str:
    return (SOURCE / f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [module for module in MODULES if module != "__init__"])
def test_imports_run_one_way(module: str) -> None:
    assert row(module) in MAY_IMPORT, f"add {row(module)} to the table of this test, beneath all that it may import"
    assert wrong(source_of(module), module, MODULES) == []


def test_the_names_of_the_library_come_lazily_from_below_and_from_the_course() -> None:
    at_once = ast.Module([node for node in ast.parse(source_of("__init__")).body if not isinstance(node, ast.If)], [])
    imported = {row(module) for module, _ in imports(at_once, "__init__", MODULES) if not module.startswith(".")}
    assert imported == set(MAY_IMPORT["__init__"])
    assert all(target(f"taketurns.{place}", MODULES) in MODULES for place in taketurns._LAZY.values())


def test_a_row_names_only_rows_above_it() -> None:
    rows = list(MAY_IMPORT)
    assert [name for name in rows[:-2] if not set(MAY_IMPORT[name]) <= set(rows[: rows.index(name)])] == []


def test_there_is_no_circle() -> None:
    graph = {
        module: {
            imported
            for imported, _ in imports(ast.parse(source_of(module)), module, MODULES)
            if not imported.startswith(".") and (module, imported) not in WRITTEN_DOWN
        }
        for module in MODULES
        if module != "__init__"
    }
    assert len(list(TopologicalSorter(graph).static_order())) >= len(MODULES) - 1  # CycleError says where one is


def test_a_stranger_finds_few_things_at_the_door() -> None:
    files = [path.name for path in SOURCE.iterdir() if path.is_file()]
    assert len(files) <= 8
    assert {path.name for path in SOURCE.iterdir() if path.is_dir()} - {"__pycache__"} == {
        name for name in MAY_IMPORT if f"{name}/__init__" in MODULES
    }


def test_no_file_is_long() -> None:
    files = [path for path in SOURCE.rglob("*") if path.suffix in (".py", ".js", ".css")]
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_says_what_it_is_and_what_it_gives(module: str) -> None:
    tree = ast.parse(source_of(module))
    assert ast.get_docstring(tree), f"{module} has no docstring"
    assigned = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    assert any("__all__" in ast.unparse(node) for node in assigned), f"{module} has no __all__"


def test_import_taketurns_is_quick() -> None:
    slow = {*OTHERS, "asyncio", "multiprocessing", "tempfile", "taketurns.course"}
    script = f"import sys, taketurns; print(*sorted(set(sys.modules) & {slow}))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"


KNOWN = ["trace/spans", "trace/text", "trace/trace", "pictures/timeline", "widgets/explore", "course/labs/quiz"]
KNOWN += ["recording/block", "pictures/__init__"]


@pytest.mark.parametrize(
    ("module", "source", "blamed"),
    [
        ("trace/text", "from taketurns.recording.block import record", "recording/block"),
        ("trace/text", "from taketurns.recording import block", "recording/block"),
        ("trace/text", "import taketurns.recording.block", "recording/block"),
        ("trace/text", "from ..recording import block", "recording/block"),
        ("trace/text", "from taketurns import record", "__init__"),
        ("trace/text", "if TYPE_CHECKING:\n    from taketurns.recording.block import record", "recording/block"),
        ("trace/text", "def f():\n    if x:\n        from taketurns.pictures import timeline", "pictures/timeline"),
        ("trace/trace", "from taketurns.pictures.timeline import picture", "pictures/timeline"),
        ("trace/trace", "class A:\n    def f(self):\n        import numpy.random", "numpy"),
        ("widgets/explore", "from taketurns.course.labs.quiz import x", "course/labs/quiz"),
        ("widgets/explore", "import taketurns.course.labs.quiz", "course/labs/quiz"),
        ("pictures/timeline", "import pandas", "pandas"),
    ],
)
def test_an_import_against_the_direction_is_found(module: str, source: str, blamed: str) -> None:
    assert wrong(source, module, KNOWN) == [f"{module} must not import {blamed}"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("trace/text", "import json, os.path\nfrom taketurns.trace import spans\nfrom . import trace"),
        ("trace/trace", "class A:\n    def f(self):\n        from taketurns.pictures.timeline import picture"),
        ("widgets/explore", "import anywidget\nfrom taketurns.trace.spans import Span\nimport taketurns.pictures"),
        ("course/labs/quiz", "from ...widgets.explore import explore"),
    ],
)
def test_an_import_in_the_direction_is_not(module: str, source: str) -> None:
    assert wrong(source, module, KNOWN) == []
