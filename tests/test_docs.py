"""The page of the library is complete, its signatures are those of the code, and its examples run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import taketurns
from taketurns import Trace, suspend
from taketurns.notebook import magic
from taketurns.suspend import callbacks, coroutines, generators, greenlets

pytest.importorskip("IPython")

from test_magic import pictures, shell  # noqa: F401 - a fixture

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
TEXT = PAGE.read_text(encoding="utf-8")
#: What a code span names, with its parameters where they are given.
NAMED = r"`(?:taketurns\.)?([A-Za-z_][\w.]*)(\(.*?\))?`"
HEADINGS = re.findall(rf"^### {NAMED}$", TEXT, re.MULTILINE)
#: Members stand in lists, whose items may go on in the next line.
MEMBERS = [
    (name, given)
    for item in re.findall(r"^- .*(?:\n  .*)*", TEXT, re.MULTILINE)
    for name, given in re.findall(NAMED, item)
    if name.partition(".")[0] in [*taketurns.__all__, "suspend"] and "." in name
]
ENTRIES = HEADINGS + MEMBERS


def found(name: str) -> Any:
    """Return what a dotted name of the page stands for; ``None`` for the field of a value."""
    value: Any = taketurns
    for part in name.split("."):
        if part in getattr(value, "__dataclass_fields__", {}):
            return None
        value = getattr(value, part)
    return value


def signature(name: str) -> str:
    """Return the parameters of a function, method or class as the page shows them: without types and ``self``."""
    shown = inspect.signature(found(name))
    parameters = [each.replace(annotation=inspect.Parameter.empty) for each in shown.parameters.values()]
    if parameters and parameters[0].name == "self":
        parameters = parameters[1:]
    return str(shown.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_every_public_name_has_an_entry() -> None:
    named = [name for name, _ in ENTRIES]
    assert [name for name in taketurns.__all__ if name not in named] == []


def test_every_entry_is_there_and_has_the_parameters_that_the_page_shows() -> None:
    shown = {name: given for name, given in ENTRIES if given}
    assert shown == {name: signature(name) for name in shown}
    assert len(shown) > len(taketurns.__all__)


def test_what_can_be_called_shows_its_parameters() -> None:
    bare = [found(name) for name, given in ENTRIES if not given]
    assert [each for each in bare if inspect.isfunction(each) or inspect.ismethod(each)] == []


def test_every_member_of_a_trace_has_an_entry() -> None:
    members = [name for name in dir(Trace) if not name.startswith("_")]
    named = [name for name, _ in MEMBERS]
    missing = {*members, *Trace.__dataclass_fields__} - {name.removeprefix("Trace.") for name in named}
    assert missing == {"begin", "complete", "of"}  # the recorder's own


def test_the_four_styles_have_the_four_functions() -> None:
    rows = re.findall(r"^\| `suspend\.(\w+)`", TEXT, re.MULTILINE)
    modules = [callbacks, generators, coroutines, greenlets]
    assert [f"{suspend.__name__}.{row}" for row in rows] == [module.__name__ for module in modules]
    assert [sorted(module.__all__) for module in modules] == [["run", "sleep", "start", "wait_for"]] * 4
    for name in ("run", "start", "sleep", "wait_for"):
        alike = {signature(f"suspend.{each}.{name}") for each in ("generators", "coroutines", "greenlets")}
        assert len(alike) == 1


def test_the_magic_is_shown_as_it_is() -> None:
    usage = "%%timeline [-o NAME] [--lanes task|worker] [label]"
    assert f"### `{usage}`" in TEXT
    assert usage in inspect.getdoc(magic.Timelines.timeline)


@pytest.fixture
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An example may write a file, and leaves its figures open."""
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    yield
    pyplot.close("all")


@pytest.mark.usefixtures("_elsewhere")
def test_the_examples_run_and_print_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    session: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks("python"):
        exec(block, session)
        printed = capsys.readouterr().out
        said = re.findall(r"^ *print\(.*\)  # (.*)$", block, re.MULTILINE)
        said = [line for line in said if not line.startswith("a timeline")]
        assert [line for line in said if line not in _lines(printed)] == []
        assert "✗" not in printed
    assert len(blocks("python")) >= 8


def _lines(printed: str) -> list[str]:
    return [line.strip() for line in printed.splitlines()]


def test_the_cells_run(shell: Any) -> None:  # noqa: F811
    taketurns.unload_ipython_extension(shell)
    for cell in blocks("ipython"):
        assert shell.run_cell(cell).success
    assert shell.user_ns["trace"].label == "four waits"
    assert len(pictures(shell)) == 1


def test_what_the_page_points_to_is_there() -> None:
    anchors = [re.sub(r"[^\w -]", "", title).strip().lower() for title in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)]
    anchors = [title.replace(" ", "-") for title in anchors]
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", TEXT):
        path, _, anchor = target.partition("#")
        assert not path or (PAGE.parent / path).exists()
        assert not anchor or anchor in anchors


def test_lines_fit() -> None:
    whole = "|", "### `"  # a row of a table, and a heading, cannot go on in the next line
    assert [line for line in TEXT.splitlines() if len(line) > 120 and not line.startswith(whole)] == []
