"""A claim is told in one line, gives a verdict that looks like a bool, and is not echoed by a notebook."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import taketurns
from taketurns.notebook.verify import Verdict, say, verify
from taketurns.trace.text import describe

SOURCE = str(Path(taketurns.__file__).parents[1])


class Odd:
    """Has neither a truth nor a text."""

    def __bool__(self) -> bool:
        raise ValueError("this has no\n    truth")

    def __str__(self) -> str:
        raise OSError


class Written(io.StringIO):
    """What is printed, through an encoding."""

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str | None:  # type: ignore[override]
        return self._encoding

    def write(self, text: str) -> int:
        text.encode(self._encoding or "utf-8", "strict")
        return super().write(text)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("order is kept", True), "✓ order is kept"),
        (("order is kept", False), "✗ order is kept"),
        (("never two ran at once", False, 2), "✗ never two ran at once (measured: 2)"),
        (("nobody waits", True, 0), "✓ nobody waits (measured: 0)"),
        (("an hour", True, 3600.0), "✓ an hour (measured: 3600)"),
        (("a sum", True, 0.1 + 0.2), "✓ a sum (measured: 0.3)"),
        (("in words", True, "30 min"), "✓ in words (measured: 30 min)"),
        (("taken by truth", [0]), "✓ taken by truth"),
        (("taken by truth", None), "✗ taken by truth"),
        (("called", lambda: 1), "✓ called"),
        (("called", list, 3), "✗ called (measured: 3)"),
        (("divided", lambda: 1 / 0, 3), "✗ divided (could not be checked: ZeroDivisionError: division by zero)"),
        (("odd", Odd()), "✗ odd (could not be checked: ValueError: this has no truth)"),
        (("odd", True, Odd()), "✓ odd (measured: cannot be shown, OSError)"),
        (
            ("every one", (n for n in (0,))),
            "✗ every one (could not be checked: TypeError: "
            "a generator is always true; put `all(...)` or `any(...)` around it)",
        ),
    ],
)
def test_a_claim_is_told_in_one_line(arguments: tuple[Any, ...], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = verify(*arguments)
    assert (type(verdict), verdict) == (Verdict, line.startswith("✓"))
    assert capsys.readouterr() == (line + "\n", "")


def test_a_coroutine_has_not_run_yet(capsys: pytest.CaptureFixture[str]) -> None:
    async def holds() -> bool:
        return True

    coroutine = holds()
    assert verify("it ran", coroutine) == False  # noqa: E712
    assert capsys.readouterr().out == (
        "✗ it ran (could not be checked: TypeError: this has not run yet; put `await` before it)\n"
    )
    coroutine.close()


def test_an_interrupt_is_passed_on() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify("it ended", stop)


def test_the_truth_of_numpy_is_a_real_bool(capsys: pytest.CaptureFixture[str]) -> None:
    numpy = pytest.importorskip("numpy")
    assert verify("less", numpy.float64(1) < 2, numpy.float64(1)) == True  # noqa: E712
    assert verify("less", numpy.arange(2) < 2) == False  # noqa: E712
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "✓ less (measured: 1)"
    assert out[1].startswith("✗ less (could not be checked: ValueError: The truth value of an array")


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [
        ("utf-8", "✓ a → b …\n✗ µ\n"),
        (None, "✓ a → b …\n✗ µ\n"),
        ("cp1252", "ok a ? b …\nNOT µ\n"),
        ("ascii", "ok a ? b ...\nNOT ?\n"),
        ("utf-16", "✓ a → b …\n✗ µ\n"),
    ],
)
def test_an_output_without_the_marks_gets_words(
    encoding: str | None, printed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Written(encoding)
    monkeypatch.setattr(sys, "stdout", out)
    verify("a → b …", True)
    verify("µ", False)
    assert out.getvalue() == printed


def test_without_any_output_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert verify("nobody reads this", True)


@given(
    claim=st.text(st.characters(codec=None)),
    holds=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()) | st.builds(Odd),
    measured=st.none() | st.integers() | st.floats() | st.text() | st.builds(Odd),
    encoding=st.sampled_from(["utf-8", "cp1252", "ascii", "latin-1", "utf-16", None]),
)
def test_nothing_that_is_claimed_or_measured_raises(
    claim: str, holds: object, measured: object, encoding: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out := Written(encoding))
        told = verify(claim, holds, measured)
    assert told == (False if isinstance(holds, Odd) else bool(holds))
    assert out.getvalue().startswith(("✓ ", "ok ") if told else ("✗ ", "NOT "))
    assert out.getvalue().endswith("\n")


def test_an_error_is_described_even_if_it_cannot_be_read() -> None:
    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe(UnreadableError()) == "UnreadableError"
    assert describe(KeyError("B")) == "KeyError: 'B'"


def test_a_line_is_said_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    say("… not yet")
    assert capsys.readouterr().out == "… not yet\n"


# What a notebook echoes


def test_a_verdict_is_a_number_that_looks_like_a_bool() -> None:
    assert [repr(Verdict(holds)) for holds in (True, False, 1, 0)] == ["True", "False", "True", "False"]
    assert f"{Verdict(True)} {Verdict(False)!s}" == "True False"
    assert (Verdict(True) == True, Verdict(False) + Verdict(True), not Verdict(False)) == (True, 1, True)  # noqa: E712


SHELL = """
import importlib, sys
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
for cell in [
    "from taketurns.notebook.verify import verify",
    "verify('quiet', 1)",
    "ok = verify('kept', lambda: 1 / 0)",
    "ok",
    "repr(ok), bool(ok)",
    "len(get_ipython().ast_transformers)",
    "claim = verify; claim('by any name', True)",
    "await __import__('asyncio').sleep(0); verify('async', True)",
    "class Own:\\n    def check(self): return 5",
    "own = Own()",
    "own.check()",
    "get_ipython().ast_node_interactivity = 'last_expr_or_assign'",
    "verify('whatever the mode', True)",
]:
    shell.run_cell(cell)
"""


def run(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python of its own on a script, with nothing of the user's settings."""
    environment = {"PYTHONPATH": SOURCE, "PYTHONUTF8": "1", "IPYTHONDIR": str(home), "HOME": str(home), "PATH": ""}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


def test_in_ipython_only_what_a_learner_asks_for_is_echoed(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    ran = run(SHELL, tmp_path)
    shown = re.sub(r"Out\[\d+\]: (?=Out|✓|✗|$)", "", ran.stdout)  # in a terminal the prompt stands there, with nothing
    assert re.sub(r"^Out\[\d+\]: ", "Out: ", shown, flags=re.MULTILINE).splitlines() == [
        "✓ quiet",
        "✗ kept (could not be checked: ZeroDivisionError: division by zero)",
        "Out: ('False', False)",
        "Out: 0",
        "✓ by any name",
        "✓ async",
        "Out: 5",
        "✓ whatever the mode",
    ], ran.stderr


NOTEBOOK = """
import sys, nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

def cell(source, *lines):
    outputs = [new_output("stream", name="stdout", text="".join(line + "\\n" for line in lines))] if lines else []
    return new_code_cell(source, execution_count=1, outputs=outputs)

cells = [
    cell("from taketurns.course.checks import Exercise\\nfrom taketurns.course.rules import when"),
    cell("from taketurns.notebook.verify import verify"),
    cell("verify('quiet', 1)", "✓ quiet"),
    cell("verify('one', 1)\\nverify('two', 2 < 1, 2)", "✓ one", "✗ two (measured: 2)"),
    cell("half = Exercise('Half of 4', when(lambda n: n != 2).say('{answer} is not.'), of=int)\\nanswer = ..."),
    cell("half.check(answer)", "… Half of 4: Nothing to check yet. Put your answer in place of the `...`."),
    cell("half.check(3)", "✗ Half of 4: 3 is not."),
    cell("half.check(2)", "✓ Half of 4."),
]
metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
nbformat.write(new_notebook(cells=cells, metadata=metadata), sys.argv[1])
"""


def test_a_real_kernel_gives_the_printed_line_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("nbval")
    path = tmp_path / "claims.ipynb"
    assert run(f"import sys; sys.argv = ['', {str(path)!r}]\n{NOTEBOOK}", tmp_path).stderr == ""
    command = f"import sys, pytest; sys.exit(pytest.main(['--nbval', '-p', 'no:cacheprovider', '-q', {str(path)!r}]))"
    ran = run(command, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
