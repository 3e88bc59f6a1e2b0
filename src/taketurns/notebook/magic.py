"""The cell magic ``%%timeline``: a cell is recorded and drawn beneath.

A magic of IPython is a plain function, and a plain function cannot ``await``. So IPython runs the body itself, as any
cell: a transformer of its input leaves a comment in the place of the line, and two events, before and after the cell,
begin and end the recording. Nothing is kept from the one to the others: all of them read the cell.

The function that is registered beside them is for what is left: a line that is wrong, a cell inside another one, and
``%%timeline?``.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from html import escape
from inspect import getdoc
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand
from IPython.display import display

from taketurns.notebook.line import Line, read
from taketurns.notebook.verify import say
from taketurns.recording import of_calls, recorder
from taketurns.recording.block import record
from taketurns.trace.text import describe

if TYPE_CHECKING:
    from taketurns.trace.trace import Trace

__all__ = ["load", "unload"]


def _parted(cell: list[str]) -> tuple[str, list[str]] | None:
    """Return what stands behind a cell's ``%%timeline``, and its body; ``None`` where it begins otherwise."""
    for number, line in enumerate(cell):
        if line.strip():
            found = re.fullmatch(r"%%timeline(?:\s+(.*))?", line.strip())
            return (found[1] or "", cell[number + 1 :]) if found else None
    return None


def _plain(line: str, body: list[str]) -> list[str]:
    """Return the body with a comment above it, which keeps the numbers of its lines."""
    first = next(each for each in body if each.strip())
    if first.lstrip().startswith("%%"):
        return body  # another cell magic has to come first
    indent = first[: len(first) - len(first.lstrip())]  # what is indented as a whole, IPython puts back
    return [f"{indent}# %%timeline {line}".rstrip() + "\n", *body]


class Recording:
    """The recording of one cell, from now on; ``RuntimeError`` where one is on."""

    def __init__(self, shell: Any, line: Line) -> None:
        self.shell = shell
        self.line = line
        # As a `with` statement does: what leaves the block is held until it is called.
        block = record(line.label)
        self._leave: Any = block.__exit__
        self.trace = block.__enter__()
        of_calls.in_cell()
        shell.run_ast_nodes = self._run_statements
        # What IPython does to show a value or an error is not the cell's own doing.
        shell.showtraceback = partial(_aside, shell.showtraceback)

    async def _run_statements(self, *args: Any, **kwargs: Any) -> Any:
        """Run the cell's statements: its block is these alone, without what IPython does before and after them."""
        del self.shell.run_ast_nodes  # a cell that this one runs is a part of it
        shows, sys.displayhook = sys.displayhook, partial(_aside, sys.displayhook)
        ours = sys.displayhook
        recorder.begin_block()
        try:
            return await self.shell.run_ast_nodes(*args, **kwargs)
        finally:
            recorder.end_block()
            if sys.displayhook is ours:
                sys.displayhook = shows

    def end(self, result: Any) -> None:
        """End it as IPython says that the cell ended, and show it if any of the cell ran."""
        # Without a result, IPython itself is on its way out with an exception.
        error: BaseException | None = sys.exc_info()[1] if result is None else result.error_in_exec
        began = True
        if result is not None and result.error_before_exec is not None:
            # An interrupt between two statements is one "before" for IPython: it came before the second.
            error = result.error_before_exec
            began = isinstance(error, KeyboardInterrupt)
        leave, self._leave = self._leave, None
        for ours in ("run_ast_nodes", "showtraceback"):
            vars(self.shell).pop(ours, None)
        leave(error and type(error), error, error and error.__traceback__)
        if began and self.line.name:
            self.shell.push({self.line.name: self.trace})
        if began:
            self._show(self.trace)

    def _show(self, trace: Trace) -> None:
        if "text/html" not in self.shell.display_formatter.active_types:  # a terminal
            say(str(trace))
        elif self.line.lanes == "task":
            display(trace)  # type: ignore[no-untyped-call]
        else:
            from taketurns.pictures.timeline import timeline

            twin = f"<details><summary>As text</summary><pre>{escape(trace.twin)}</pre></details>"
            display(timeline(trace, lanes="worker"))  # type: ignore[no-untyped-call]
            display({"text/html": twin, "text/plain": trace.twin}, raw=True)  # type: ignore[no-untyped-call]


def _aside(does: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with recorder.aside():
        return does(*args, **kwargs)


@dataclass(frozen=True)
class Cell:
    """A cell while it runs, and its recording if it has one."""

    source: str
    thread: int
    recording: Recording | None


class Timelines:
    """What ``%load_ext taketurns`` puts into a shell."""

    has_side_effects = True  # so IPython does not ask it whether a cell is complete

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.cells: list[Cell] = []

    def put_in(self) -> None:
        """Begin to look at cells."""
        self.shell.input_transformers_cleanup.insert(0, self)
        self.shell.events.register("pre_run_cell", self.begin)
        self.shell.events.register("post_run_cell", self.end)
        self.shell.register_magic_function(self.timeline, "cell", "timeline")

    def take_out(self) -> None:
        """Look at no more cells; one that is being recorded is shown as far as it came."""
        self.shell.input_transformers_cleanup.remove(self)
        self.shell.events.unregister("pre_run_cell", self.begin)
        self.shell.events.unregister("post_run_cell", self.end)
        self.shell.magics_manager.magics["cell"].pop("timeline", None)
        while self.cells:
            self._end(self.cells.pop(), None)

    def __call__(self, lines: list[str]) -> list[str]:
        """Return a cell as IPython is to run it. Nothing begins here: IPython transforms some cells that never run."""
        match _parted(lines):
            case None:
                return lines
            case line, body if self._read(line, body) is not None:
                return _plain(line, body)
            case line, body:  # for the function below; the line at the end because IPython calls none on an empty body
                return [f"%%timeline {line}\n", *body, "\n"]

    def _read(self, line: str, body: list[str]) -> Line | None:
        """Return the line of a cell that can be recorded as a whole, here and now; ``None`` for all others."""
        if self._inside() or recorder.on is not None or not "".join(body).strip():
            return None
        with suppress(UsageError):
            found = read(line)
            return None if found.help else found
        return None

    def _inside(self) -> bool:
        """Return whether this thread is in the middle of a cell."""
        return any(cell.thread == threading.get_ident() for cell in self.cells)

    def begin(self, info: Any) -> None:
        """Begin to record the cell that is about to run, if it asks for that."""
        recording = None
        parted = _parted(info.raw_cell.splitlines(keepends=True))
        if parted is not None and (line := self._read(*parted)) is not None:
            try:
                recording = Recording(self.shell, line)
            except Exception as error:  # noqa: BLE001 - an event must not raise
                say(f"✗ This cell is not recorded ({describe(error)})")
        self.cells.append(Cell(info.raw_cell, threading.get_ident(), recording))

    def end(self, result: Any) -> None:
        """End what `begin` began for a cell; for an empty one, IPython calls this alone."""
        for cell in reversed(self.cells):
            if cell.thread == threading.get_ident() and (result is None or result.info.raw_cell == cell.source):
                self.cells.remove(cell)
                self._end(cell, result)
                return

    def _end(self, cell: Cell, result: Any) -> None:
        if cell.recording is not None:
            try:
                cell.recording.end(result)
            except Exception as error:  # noqa: BLE001 - an event must not raise
                say(f"✗ The recording of this cell cannot be shown ({describe(error)})")

    @no_var_expand
    def timeline(self, line: str, cell: str) -> None:
        """Record this cell and draw its timeline beneath: `%%timeline [-o NAME] [--lanes task|worker] [label]`.

        The cell runs as it would without this line, with `await` too, and is drawn also where it ends early.

          label            what stands above the picture; it may be empty
          -o NAME          put the Trace into this variable
          --lanes worker   draw a row for each worker; `--lanes task`, the default, one for each task
          --               what stands behind it is the label, even if it begins with -
          --help           show this, and do not run the cell

        For example:

            %%timeline -o trace four waits
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(wait, [0.2] * 4))
        """
        asked = read(line)
        if asked.help:
            say(getdoc(self.timeline) or "")
        elif not cell.strip():
            raise UsageError("%%timeline records what stands beneath it, and nothing stands there")
        else:
            self._run(asked, "".join(_plain(line, cell.splitlines(keepends=True))))

    def _run(self, line: Line, body: str) -> None:
        """Record a cell inside another one, as far as IPython can run one there: without ``await``."""
        try:
            recording = Recording(self.shell, line)
        except RuntimeError as error:
            raise UsageError(f"%%timeline: {error}") from None
        result = None
        try:
            result = self.shell.run_cell(body)
        finally:
            recording.end(result)
        if recording.trace.cut_short:
            raise UsageError(f"what stands beneath %%timeline was cut short: {recording.trace.cut_short}")


def load(shell: Any) -> None:
    """Give a shell the cell magic ``%%timeline``, in the place of an earlier one."""
    unload(shell)
    Timelines(shell).put_in()


def unload(shell: Any) -> None:
    """Take ``%%timeline`` out of a shell, if it is there."""
    mine = Timelines.__module__, Timelines.__qualname__  # they survive a reload, which makes a new class
    for each in list(shell.input_transformers_cleanup):
        if (type(each).__module__, type(each).__qualname__) == mine:
            each.take_out()
