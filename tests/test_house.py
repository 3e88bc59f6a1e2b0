"""Imports run one way: a module knows only what stands below it in this table."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import taketurns

SOURCE = Path(taketurns.__file__).parent
MODULES = sorted(path.relative_to(SOURCE).with_suffix("").as_posix() for path in SOURCE.rglob("*.py"))

# Each row: a module, or a folder for all modules in it, and what of ours it may import. From the bottom up.
MAY_IMPORT: dict[str, set[str]] = {
    "text": set(),
    "perfetto": set(),
    "spans": {"text", "perfetto"},
    "preflight": {"text"},
    "progress": set(),
    "verify": set(),
    # recording
    "children": set(),
    "clock": set(),
    "moments": set(),
    "work": set(),
    "assembly": {"spans"},
    "worker": {"spans"},
    "recorder": {"assembly", "children", "preflight", "spans", "work", "worker"},
    "steps": {"recorder", "spans", "worker"},
    "tasks": {"clock", "recorder", "steps", "work", "worker"},
    "interleaving": {"tasks"},
    "loops": {"recorder", "steps", "tasks", "worker"},
    "loop": {"clock", "moments", "recorder", "spans", "worker"},
    "switches": {"loop", "recorder", "worker"},
    "recording": {"clock", "loops", "recorder", "spans", "switches"},
    "suspend": {"loop"},
    "simulation": {"clock", "moments", "recorder", "recording", "spans", "steps"},
    "exhibition": {"clock", "recording", "simulation", "spans", "suspend", "tasks"},
    "prediction": {"spans"},
    "programs": {"preflight", "recording", "spans", "tasks"},
    # drawing
    "pictures": set(),
    "pictures/figures": set(),
    "pictures/lanes": {"spans"},
    "pictures/strip": {"pictures/lanes", "spans"},
    "pictures/words": {"preflight", "spans", "text"},
    "pictures/timeline": {"pictures/figures", "pictures/lanes", "pictures/strip", "pictures/words", "spans", "text"},
    "pictures/sketch": {
        *("pictures/figures", "pictures/lanes", "pictures/strip", "pictures/timeline", "pictures/words"),
        *("spans", "text"),
    },
    "pictures/chart": {"pictures/figures", "pictures/lanes", "pictures/strip", "spans"},
    "pictures/guide": {"pictures/chart", "pictures/lanes", "pictures/strip", "spans"},
    "widgets/games": set(),
    "widgets/slider": set(),
    "widgets/pieces": set(),
    "widgets/tables": {"spans"},
    "widgets/room": {"pictures/lanes", "spans", "widgets/games", "widgets/pieces", "widgets/tables"},
    "widgets": {
        *("moments", "pictures/figures", "pictures/lanes", "pictures/sketch", "pictures/timeline"),
        *("spans", "text", "verify"),
        *("widgets/games", "widgets/room", "widgets/slider", "widgets/tables"),
    },
    # servers of notebook 14
    "servers/process": set(),
    "servers": {"servers/process"},
    # the cluster of notebook 16
    "cluster": {"children", "recording", "spans"},
    # learning
    "checks": {"preflight", "spans", "text", "verify"},
    "labs": {
        *(
            "checks",
            "clock",
            "exhibition",
            "loop",
            "preflight",
            "recording",
            "simulation",
            "spans",
            "suspend",
            "tasks",
            "verify",
            "worker",
        ),
        *("servers",),
        *("pictures/guide", "pictures/sketch", "pictures/timeline", "prediction", "programs"),
    },
    # a cell magic of IPython
    "magic": {"pictures/timeline", "recorder", "recording", "spans", "verify"},
    "__init__": {"clock", "magic", "preflight", "recording", "spans", "tasks", "verify"},
}

# Against the direction, and only inside a function.
WRITTEN_DOWN = {
    ("spans", "pictures/timeline"),  # a trace shows itself in a notebook
}

# What is not ours and not in the standard library, and the rows that may import it.
OTHERS: dict[str, set[str]] = {
    "cycler": {"pictures/chart"},
    "matplotlib": {
        *("pictures", "pictures/chart", "pictures/figures", "pictures/lanes", "pictures/strip", "pictures/timeline"),
        *("pictures/guide", "widgets", "widgets/pieces"),
    },
    "numpy": {"pictures/lanes", "pictures/strip", "pictures/timeline", "widgets"},
    "PIL": {"pictures/figures", "programs"},
    "IPython": {"magic", "progress", "pictures/figures", "widgets"},
    "greenlet": {"labs", "suspend"},
    "httpx": {"labs"},
    "psycopg": {"labs"},
    "tornado": {"servers"},
    "dask": {"cluster"},
    "distributed": {"cluster"},
    "ipywidgets": {"widgets"},
    "anytimeline": {"widgets"},
    "anywidget": {"widgets", "widgets/slider"},
    "traitlets": {"widgets", "widgets/slider"},
}


def imports(tree: ast.AST, module: str, known: list[str], in_function: bool = False) -> Iterator[tuple[str, bool]]:
    """Give what a module imports at run time, ``spans`` (ours) or ``.numpy``, and whether it does so in a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ["taketurns", *module.split("/")][: -node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            names = []
            inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports(node, module, known, inside)
        for name in names:
            yield target(name, known), in_function


def target(name: str, known: list[str]) -> str:
    """Give the module that a dotted name stands in."""
    first, *rest = name.split(".")
    if first != "taketurns":
        return f".{first}"
    paths = ["/".join(rest[:length]) for length in range(len(rest), 0, -1)]
    return next((path for path in paths if path in known), "/".join([*rest[:-1], "__init__"]))


def row(module: str) -> str:
    return module if module in MAY_IMPORT else module.partition("/")[0]


def wrong(source: str, module: str, known: list[str]) -> list[str]:
    """Give the imports of a module that the table does not allow."""
    found = []
    for imported, in_function in imports(ast.parse(source), module, known):
        if imported.startswith("."):
            name = imported[1:]
            allowed = name in sys.stdlib_module_names or row(module) in OTHERS.get(name, ())
        else:
            own_member = module.endswith("/__init__") and row(imported) == row(module)
            allowed = own_member or row(imported) in MAY_IMPORT[row(module)]
            allowed |= in_function and (row(module), row(imported)) in WRITTEN_DOWN
        if not allowed:
            found.append(f"{module} must not import {imported.removeprefix('.')}")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    assert row(module) in MAY_IMPORT, f"add {row(module)} to the table of this test, above all that may import it"
    assert wrong((SOURCE / f"{module}.py").read_text(encoding="utf-8"), module, MODULES) == []


def test_a_row_names_only_rows_above_it() -> None:
    rows = list(MAY_IMPORT)
    assert [name for name in rows if not MAY_IMPORT[name] <= set(rows[: rows.index(name)])] == []


@pytest.mark.parametrize("module", [module for module in MODULES if not module.rpartition("/")[2].startswith("_")])
def test_a_public_module_says_what_it_is_and_what_it_gives(module: str) -> None:
    tree = ast.parse((SOURCE / f"{module}.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{module} has no docstring"
    assigned = [ast.unparse(name) for node in tree.body if isinstance(node, ast.Assign) for name in node.targets]
    assert "__all__" in assigned, f"{module} has no __all__"


def test_import_taketurns_brings_neither_pictures_nor_widgets() -> None:
    script = f"import sys, taketurns; print(*sorted(set(sys.modules) & {set(OTHERS)}))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "\n"


@pytest.mark.parametrize(
    ("module", "source", "blamed"),
    [
        ("text", "from taketurns.trace.spans import Span", "spans"),
        ("text", "from taketurns import spans", "spans"),
        ("text", "import taketurns.trace.spans", "spans"),
        ("text", "from . import spans", "spans"),
        ("text", "from .spans import Span", "spans"),
        ("text", "from taketurns import Span", "__init__"),
        ("text", "def f():\n    if x:\n        from taketurns.trace.spans import Span", "spans"),
        ("spans", "from taketurns.pictures.timeline import picture", "pictures/timeline"),
        ("spans", "class A:\n    def f(self):\n        import numpy.random", "numpy"),
        ("labs/quiz", "from ..widgets.explore import explore", "widgets/explore"),
        ("labs/quiz", "from taketurns.course.labs.other import x", "labs/other"),
        ("pictures/timeline", "import pandas", "pandas"),
    ],
)
def test_an_import_against_the_direction_is_found(module: str, source: str, blamed: str) -> None:
    known = ["spans", "text", "pictures/timeline", "widgets/explore", "labs/quiz", "labs/other"]
    assert wrong(source, module, known) == [f"{module} must not import {blamed}"]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("text", "if TYPE_CHECKING:\n    from taketurns.trace.spans import Span"),
        ("spans", "import json, os.path\nfrom taketurns import text"),
        ("spans", "class A:\n    def f(self):\n        from taketurns.pictures.timeline import picture"),
        ("widgets/explore", "import ipywidgets\nfrom taketurns.trace.spans import Span"),
        ("widgets/__init__", "from taketurns.widgets.explore import explore"),
    ],
)
def test_an_import_in_the_direction_is_not(module: str, source: str) -> None:
    assert wrong(source, module, ["spans", "text", "pictures/timeline", "widgets/explore"]) == []
