"""Rules for the stored notebooks that nbval does not hold. Each rule is a function from a notebook to what is wrong."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FOLDER = Path(__file__).parent.parent / "notebooks"
MOST_BYTES = 1_000_000
MOST_LINES = 10
LEAST_COMPARED = 2 / 3
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip"}
SLIDE_TYPES = {"slide", "subslide", "fragment", "-", "notes", "skip"}
OF_A_MACHINE = re.compile(r"/(?:root|home|work|tmp|Users)/|File ~/|\\Users\\")


def problems(notebook: NotebookNode, folder: Path = FOLDER) -> list[str]:
    """Return what is wrong with a notebook that stands in that folder, one line each."""
    found = [*about_the_notebook(notebook)]
    for number, cell in enumerate(notebook.cells):
        rules: list[Iterator[str]] = [about_pictures(cell), about_links(cell, folder), about_slides(cell)]
        if cell.cell_type == "code" and cell.source.strip():
            rules += [about_a_run(cell), about_outputs(cell), about_source(cell)]
        found += [f"cell {number}: {problem}" for rule in rules for problem in rule]
    return found


def about_the_notebook(notebook: NotebookNode) -> Iterator[str]:
    """It is small, opens without a dialog, and most of what it shows is compared."""
    size = len(nbformat.writes(notebook).encode())
    if size > MOST_BYTES:
        yield f"it has {size:,} bytes, more than {MOST_BYTES:,}"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "its metadata do not name the kernel python3"
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    compared = [cell for cell in shown if not tags(cell) & NOT_COMPARED]
    if len(compared) < LEAST_COMPARED * len(shown):
        yield f"only {len(compared)} of {len(shown)} cells with an output are compared, less than two thirds"


def about_a_run(cell: NotebookNode) -> Iterator[str]:
    """It was run: nbval compares nothing where there is no execution count, and passes."""
    if cell.execution_count is None:
        yield "it was not run (`make notebooks` runs it)"
    elif not cell.outputs and shows_something(cell.source):
        yield "it has no stored output, though it verifies a claim or ends in a value"


def about_outputs(cell: NotebookNode) -> Iterator[str]:
    """They hold no failure that was not meant, and nothing of the machine that made them."""
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags(cell):
            yield f"it failed with {output.ename} and is not tagged raises-exception"
        for text in texts(output):
            if "✗" in text and "shows-failure" not in tags(cell):
                yield "a check failed and it is not tagged shows-failure"
            if place := OF_A_MACHINE.search(text):
                yield f"its output has a path of one machine: {text[place.start() :][:40]!r}"


def about_source(cell: NotebookNode) -> Iterator[str]:
    """It is short, and tells nbval in tags what to do with it, where the rules here see it."""
    lines = sum(bool(line.strip()) for line in cell.source.splitlines())
    if lines > MOST_LINES and not tags(cell) & {"solution", "long"}:
        yield f"it has {lines} lines, more than {MOST_LINES}, and is not tagged solution or long"
    if re.search(r"^\s*#\s*(?:NBVAL|PYTEST_VALIDATE)_", cell.source, re.MULTILINE):
        yield "a comment says to nbval what a tag is to say"


def about_slides(cell: NotebookNode) -> Iterator[str]:
    """It says where in a deck of slides it stands."""
    kind = cell.metadata.get("slideshow", {}).get("slide_type")
    if kind not in SLIDE_TYPES:
        yield f"its slide type is {kind!r}, and not one of {', '.join(sorted(SLIDE_TYPES))}"


def about_pictures(cell: NotebookNode) -> Iterator[str]:
    """Whoever cannot see a picture reads its alternative text."""
    pages = [cell.source] if cell.cell_type == "markdown" else []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        pages += [text for kind, text in data.items() if kind in ("text/html", "text/markdown")]
        if any(kind.startswith("image/") for kind in data) and "text/html" not in data:
            yield "a picture stands without HTML, so JupyterLab gives it no alternative text"
    for page in pages:
        alts = [attributes.get("alt") for tag, attributes in elements(page) if tag == "img"]
        alts += re.findall(r"!\[([^\]]*)\]\(", without_code(page))
        if not all(alt and alt.strip() for alt in alts):
            yield "a picture has no alternative text"


def about_links(cell: NotebookNode, folder: Path) -> Iterator[str]:
    """What the prose points to in this project is there."""
    if cell.cell_type == "markdown":
        targets = re.findall(r"\]\(<?([^)\s>]+)", without_code(cell.source))
        targets += [a.get("href") or a.get("src") or "" for tag, a in elements(cell.source) if tag in ("a", "img")]
        for target in targets:
            path = unquote(target.partition("#")[0])
            if path and not re.match(r"[a-z]+:", path) and not (folder / path).exists():
                yield f"it points to {target}, which is not there"


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def shows_something(source: str) -> bool:
    """Tell whether a cell ends in a value other than a call's, or calls verify() or .check() at its top level."""
    statements = ast.parse(TransformerManager().transform_cell(source)).body
    last = statements[-1] if statements else None
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Call | ast.Await | ast.Yield):
        return True
    functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    calls = [
        node.func
        for statement in statements
        if not isinstance(statement, functions)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
    ]
    return any(getattr(call, "id", None) == "verify" or getattr(call, "attr", None) == "check" for call in calls)


def texts(output: NotebookNode) -> Iterator[str]:
    """Return what can be read in an output: all but the bytes of pictures."""
    said = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
    said += [value for kind, value in output.get("data", {}).items() if not kind.startswith("image/")]
    for value in said:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield re.sub(r"data:image/[^\"'\s)]+", "", text)


def without_code(markdown: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.DOTALL)


def elements(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return the HTML elements of a page with their attributes."""
    found: list[tuple[str, dict[str, str | None]]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(without_code(page))
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path: Path) -> None:
    found = problems(nbformat.read(path, as_version=4))
    assert not found, "\n".join([path.name, *found])


# The rules themselves: a notebook that keeps them, and what each way to break one is told.


ON_A_SLIDE = {"slideshow": {"slide_type": "slide"}}


def ran(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    metadata = {"tags": list(tags), **ON_A_SLIDE}
    return new_code_cell(source, execution_count=1, outputs=list(outputs), metadata=metadata)


def prose(text: str) -> NotebookNode:
    return new_markdown_cell(text, metadata=ON_A_SLIDE)


def printed(text: str) -> NotebookNode:
    return new_output("stream", text=text)


def shown(html: str) -> NotebookNode:
    return new_output("display_data", data={"text/html": html, "text/plain": "a picture"})


def failed(traceback: str = "") -> NotebookNode:
    return new_output("error", ename="ZeroDivisionError", evalue="", traceback=[traceback])


def notebook_of(*cells: NotebookNode, kernel: str = "python3") -> NotebookNode:
    return new_notebook(cells=list(cells), metadata={"kernelspec": {"name": kernel, "display_name": "Python 3"}})


PICTURE = '<img alt="2 -> 1 tasks" src="data:image/png;base64,AA/tmp/AA">'
GOOD = [
    prose("# A [neighbor](neighbor.ipynb#part), [the docs](https://docs.python.org) and ![a dot](dot.png)"),
    prose("`list[int](no_link)` [up](../folder/neighbor.ipynb) <details>folded</details> [here](#part)"),
    new_code_cell("", metadata=ON_A_SLIDE),
    ran("def f():\n    verify('later', True)\n"),
    ran("await asyncio.sleep(0)"),
    ran("%matplotlib inline\nverify('it holds', True);", printed("✓ it holds")),
    ran("trace", shown(PICTURE)),
    ran("1 / 0", failed("Cell In[1], line 1"), tags=("raises-exception",)),
    ran("time.time()", printed("1.5"), tags=("nbval-ignore-output",)),
    ran("exercise.check(trace)", printed("✗ not yet"), tags=("shows-failure",)),
    ran("pass\n\n" * 11, tags=("solution",)),
]
BAD: dict[str, tuple[Callable[[], NotebookNode], str]] = {
    "too large": (lambda: notebook_of(prose("x" * MOST_BYTES)), "more than 1,000,000"),
    "another kernel": (lambda: notebook_of(kernel="conda-env"), "do not name the kernel python3"),
    "little compared": (
        lambda: notebook_of(ran("1", printed("1")), ran("2", printed("2"), tags=("nbval-ignore-output",))),
        "only 1 of 2 cells",
    ),
    "no slide type": (lambda: notebook_of(new_markdown_cell("# A")), "its slide type is None"),
    "not run": (lambda: notebook_of(new_code_cell("a = 1", metadata=ON_A_SLIDE)), "cell 0: it was not run"),
    "a claim without output": (lambda: notebook_of(ran("for x in y:\n    verify('x', x)")), "no stored output"),
    "a check without output": (lambda: notebook_of(ran("exercise.check(trace)")), "no stored output"),
    "a value without output": (lambda: notebook_of(ran("a = 1\na")), "no stored output"),
    "an error": (lambda: notebook_of(ran("1 / 0", failed())), "failed with ZeroDivisionError"),
    "a failed claim": (lambda: notebook_of(ran("verify('x', x)", printed("✗ x"))), "a check failed"),
    "a path printed": (lambda: notebook_of(ran("x", printed("in /home/ada/x.py"))), "'/home/ada/x.py'"),
    "a path in a traceback": (
        lambda: notebook_of(ran("f()", failed("File ~/x/y.py:1"), tags=("raises-exception",))),
        "a path of one machine",
    ),
    "many lines": (lambda: notebook_of(ran("pass\n\n" * 11)), "it has 11 lines, more than 10"),
    "nbval told in a comment": (lambda: notebook_of(ran("# NBVAL_IGNORE_OUTPUT\na = 1")), "what a tag is to say"),
    "a picture without alt": (lambda: notebook_of(ran("trace", shown('<img src="x.png">'))), "no alternative text"),
    "a bare picture": (
        lambda: notebook_of(ran("plot()", new_output("display_data", data={"image/png": "AAAA"}))),
        "stands without HTML",
    ),
    "a picture with an empty alt": (lambda: notebook_of(prose("![ ](dot.png)")), "no alternative text"),
    "a broken link": (lambda: notebook_of(prose("[next](nowhere.ipynb)")), "points to nowhere.ipynb"),
    "a broken picture": (lambda: notebook_of(prose('<img alt="a" src="no.png">')), "points to no.png"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("neighbor.ipynb", "dot.png"):
        (folder / name).touch()
    return folder


def test_a_good_notebook_has_no_problems(folder: Path) -> None:
    assert problems(notebook_of(*GOOD), folder) == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_notebook_is_told_its_problem(name: str, folder: Path) -> None:
    make, message = BAD[name]
    (problem,) = problems(make(), folder)
    assert message in problem
