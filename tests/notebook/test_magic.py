"""%%timeline records a cell and draws it beneath, and the cell runs as it would without that line."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lanes import without_block

import taketurns
from taketurns import State, record
from taketurns.recording import recorder

pytest.importorskip("IPython")

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from taketurns.notebook import magic

SOURCE = str(Path(taketurns.__file__).parents[1])
START = "from taketurns import compute, record, task, wait\nfrom threading import Thread\nimport asyncio"


@pytest.fixture
def shell() -> Iterator[Any]:
    """An IPython in this process, with the magic in it; what it displays is in its `shown`."""
    path = list(sys.path)
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    shell.shown = []
    shell.display_pub.publish = lambda data, *_, **__: shell.shown.append(data)
    taketurns.load_ipython_extension(shell)
    shell.run_cell(START)
    yield shell
    taketurns.unload_ipython_extension(shell)
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()
    sys.path[:] = path
    assert recorder.on is None


def pictures(shell: Any) -> list[str]:
    return [data["text/html"] for data in shell.shown if "<img alt=" in data.get("text/html", "")]


def timelines_of(shell: Any) -> magic.Timelines:
    (found,) = (each for each in shell.input_transformers_cleanup if type(each) is magic.Timelines)
    return found


# What is recorded


def test_a_cell_is_recorded_and_drawn_beneath(shell: Any) -> None:
    done = shell.run_cell("%%timeline -o trace two computations\ncompute(0.001)\ncompute(0.001)")
    assert done.success
    trace = shell.user_ns["trace"]
    assert (trace.label, without_block(trace).tasks, trace.cut_short) == ("two computations", ("task 0", "task 1"), "")
    assert shell.shown == [{"text/plain": repr(trace), "text/html": trace._repr_html_()}]
    assert pictures(shell)


def test_without_a_label_and_a_name_it_is_drawn_all_the_same(shell: Any) -> None:
    before = set(shell.user_ns)
    shell.run_cell("%%timeline\ncompute(0.001)")
    assert len(pictures(shell)) == 1
    assert set(shell.user_ns) == before


def test_threads_and_asyncio_tasks_are_in_it(shell: Any) -> None:
    shell.run_cell("async def one(): await asyncio.sleep(0)\nasync def two(): await asyncio.sleep(0)")
    done = shell.run_cell(
        "%%timeline -o trace\n"
        "thread = Thread(target=wait, args=[0])\n"
        "thread.start(); thread.join()\n"
        "async with asyncio.timeout(None):\n"
        "    await asyncio.gather(one(), two())\n"
        "compute(0.001)\n"
    )
    assert done.success
    trace = shell.user_ns["trace"]
    assert sorted(without_block(trace).tasks) == ["one", "task 0", "two", "wait(0)"]
    assert [span.state for span in trace.lane("one") if span.state is not State.READY] == [State.RUNNING] * 2
    assert len(trace.workers) == 2


def test_a_recording_with_lanes_of_workers_draws_these(shell: Any) -> None:
    shell.run_cell("%%timeline -o trace --lanes worker carried\ncompute(0.001)")
    picture, twin = shell.shown
    assert 'alt="carried: ' in picture["text/html"]
    assert picture["text/html"] not in shell.user_ns["trace"]._repr_html_()
    assert twin["text/plain"] == shell.user_ns["trace"].table()
    assert "<summary>As text</summary>" in twin["text/html"]


def test_a_terminal_gets_the_timeline_as_text(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    shell.display_formatter.active_types = ["text/plain"]
    shell.run_cell("%%timeline -o trace in a terminal\ncompute(0.001)")
    assert str(shell.user_ns["trace"]) in capsys.readouterr().out
    assert shell.shown == []


# The cell runs as it would without the line


@pytest.mark.parametrize(
    "body",
    [
        "a = 6\na + 1",
        "a = 6\n\n\nawait asyncio.sleep(0, result=a + 1)",
        "    a = 6\n    a + 1\n",
        "\tif True:\n\t\ta = 6\n\ta + 1",
        "\n\n  \na = 6; a + 1",
        "from __future__ import annotations\na = 6\na + 1",
        "%time a = 6\na + 1",
        "%%capture\na = 6",
        "\n%%time\na = 6\na + 1",
        "'''text'''\na = 6\na + 1",
        "a = !echo 6\na = int(a[0])\na + 1",
    ],
)
def test_the_body_gives_what_it_gives_without_the_line(body: str, shell: Any) -> None:
    results, names = [], []
    for cell in (body, f"%%timeline a label\n{body}", f"\n  %%timeline\n{body}", f"%%timeline is this one?\n{body}"):
        shell.user_ns.pop("a", None)
        done = shell.run_cell(cell, store_history=True)
        assert done.success
        results.append(done.result)
        names.append(shell.user_ns["a"])
    assert results == [results[0]] * 4
    assert names == [6] * 4
    assert len(pictures(shell)) == 3


@pytest.mark.parametrize("body", ["\nx = 1\n1 / 0", "async def f():\n    1 / 0\n\nawait f()"])
def test_a_traceback_has_the_lines_of_the_cell(body: str, shell: Any) -> None:
    def lines(cell: str) -> list[int]:
        traceback = shell.run_cell(cell).error_in_exec.__traceback__
        found = []
        while traceback is not None:
            if traceback.tb_frame.f_globals is shell.user_ns:
                found.append(traceback.tb_lineno)
            traceback = traceback.tb_next
        return found

    assert lines(f"%%timeline\n{body}") == lines(f"# a comment\n{body}") != []


def test_a_cell_in_history_stands_there_as_it_was_written(shell: Any) -> None:
    cell = "%%timeline a label\n\nx = 1"
    assert shell.transform_cell(cell) == "# %%timeline a label\n\nx = 1\n"


@pytest.mark.parametrize("cell", ["x = 1", "", "\n", "# %%timeline\nx = 1", "%%timelines\nx", "x = 1\n%%timeline\ny"])
def test_any_other_cell_is_left_as_it_is(cell: str, shell: Any) -> None:
    timelines = timelines_of(shell)
    lines = cell.splitlines(keepends=True)
    assert timelines(lines) is lines


# What ends early


@pytest.mark.parametrize(
    ("end", "cut_short"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("await asyncio.wait_for(asyncio.Event().wait(), 0)", "TimeoutError"),
        ("raise ExceptionGroup('two', [KeyError(1)])", "ExceptionGroup: two (1 sub-exception)"),
    ],
)
def test_a_cell_that_ends_early_is_drawn_as_far_as_it_came(end: str, cut_short: str, shell: Any) -> None:
    done = shell.run_cell(f"%%timeline -o trace\ncompute(0.001)\n{end}")
    assert not done.success
    trace = shell.user_ns["trace"]
    assert without_block(trace).tasks[0] == "task 0"
    assert trace.cut_short == cut_short
    assert len(pictures(shell)) == 1


def test_a_cell_that_is_interrupted_between_two_statements_is_drawn(
    shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_code(*_: Any, **__: Any) -> bool:
        monkeypatch.undo()
        await plain(*_, **__)
        raise KeyboardInterrupt

    plain = shell.run_code
    monkeypatch.setattr(shell, "run_code", run_code)
    done = shell.run_cell("%%timeline -o trace\ncompute(0.001)\ncompute(0.001)")
    assert isinstance(done.error_before_exec, KeyboardInterrupt)
    trace = shell.user_ns["trace"]
    assert (without_block(trace).tasks, trace.cut_short) == (("task 0",), "KeyboardInterrupt")
    assert len(pictures(shell)) == 1


def test_what_ipython_does_to_show_a_value_is_none_of_the_cells_block(shell: Any) -> None:
    plain = sys.displayhook
    shell.run_cell(
        "import time\n"
        "class Slow:\n"
        "    def __repr__(self):\n"
        "        end = time.thread_time() + 0.03\n"
        "        while time.thread_time() < end: pass\n"
        "        return 'slow'"
    )
    shell.run_cell("%%timeline -o trace\nSlow()")
    assert shell.user_ns["trace"].time_in("RUNNING") < 0.03
    assert sys.displayhook is plain


@pytest.mark.parametrize("body", ["compute(0.001\n", "if True:\ncompute(0.001)", "return 5"])
def test_a_syntax_error_leaves_no_recording_open_and_draws_nothing(body: str, shell: Any) -> None:
    assert isinstance(shell.run_cell(f"%%timeline -o trace\n{body}").error_before_exec, SyntaxError)
    assert recorder.on is None
    assert shell.shown == []
    assert "trace" not in shell.user_ns
    assert shell.run_cell("%%timeline\ncompute(0.001)").success


def test_a_cell_that_records_by_itself_is_told_so(shell: Any) -> None:
    done = shell.run_cell("%%timeline -o trace outer\nwith record('inner'): pass")
    assert "a recording is on already ('outer')" in str(done.error_in_exec)
    assert shell.user_ns["trace"].cut_short.startswith("RuntimeError: a recording is on already")


def test_while_another_recording_is_on_the_cell_does_not_run(shell: Any) -> None:
    with record("mine"):
        done = shell.run_cell("%%timeline\nx = 1")
    assert isinstance(done.error_in_exec, UsageError)
    assert "a recording is on already ('mine')" in str(done.error_in_exec)
    assert "x" not in shell.user_ns


# What stands behind %%timeline


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("", magic.Line()),
        ("  four waits ", magic.Line("four waits")),
        ('it\'s {a} "label" - with $b', magic.Line('it\'s {a} "label" - with $b')),
        ("-o t", magic.Line("", "t")),
        ("-o\tt  --lanes   worker  a  label", magic.Line("a  label", "t", "worker")),
        ("--lanes task label", magic.Line("label")),
        ("-- -o is an option", magic.Line("-o is an option")),
        ("-o größe -- -", magic.Line("-", "größe")),
        ("--help -x", magic.Line(help=True)),
    ],
)
def test_the_line_is_read(line: str, read: magic.Line) -> None:
    assert magic.read(line) == read


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--lanes rows label", "%%timeline --lanes takes task or worker; it was given rows"),
        ("--lanes", "%%timeline --lanes takes task or worker; it was given nothing"),
        ("-o 3x", "%%timeline -o takes the name of a variable, such as t; it was given 3x"),
        ("-o", "%%timeline -o takes the name of a variable, such as t; it was given nothing"),
        ("-o None", "%%timeline -o takes the name of a variable, such as t; it was given None"),
        (
            "-x label",
            "%%timeline was given -x; it takes -o NAME, --lanes task, --lanes worker and --help, and behind them a "
            "label (one that begins with - stands behind --)",
        ),
        ("label -o t", "%%timeline was given -o in its label 'label -o t'; options stand before the label"),
    ],
)
def test_a_wrong_line_is_told_in_one_message_and_the_cell_does_not_run(
    line: str, told: str, shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    done = shell.run_cell(f"%%timeline {line}\nx = 1")
    assert isinstance(done.error_in_exec, UsageError)
    assert str(done.error_in_exec) == told
    printed = capsys.readouterr()
    assert printed.err + printed.out == f"UsageError: {told}\n"
    assert "x" not in shell.user_ns
    assert shell.shown == []


@pytest.mark.parametrize("body", ["", "\n", "\n  \n"])
def test_with_nothing_beneath_it_says_so(body: str, shell: Any) -> None:
    done = shell.run_cell(f"%%timeline a label{body}")
    assert str(done.error_in_exec) == "%%timeline records what stands beneath it, and nothing stands there"
    assert recorder.on is None


@pytest.mark.parametrize("cell", ["%%timeline --help", "%%timeline --help\nx = 1", "%%timeline -o t --help\nx = 1"])
def test_help_is_printed_and_the_cell_does_not_run(cell: str, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell(cell).success
    assert capsys.readouterr().out.startswith("Record this cell and draw its timeline beneath: `%%timeline [-o NAME]")
    assert "x" not in shell.user_ns
    assert shell.shown == []


def test_ipython_knows_it_as_a_cell_magic(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked = []
    shell.inspector.pinfo = lambda found, name, *_, **__: asked.append((name, found.__doc__))
    shell.run_cell("%%timeline?")
    assert [(name, doc.partition(":")[0]) for name, doc in asked] == [
        ("%%timeline", "Record this cell and draw its timeline beneath")
    ]
    assert "timeline" in shell.magics_manager.lsmagic()["cell"]


# What IPython does besides


def test_transforming_alone_starts_nothing(shell: Any) -> None:
    for line in ("a label", "--lanes rows", "--help"):
        assert shell.transform_cell(f"%%timeline {line}\nx = 1")
        assert shell.check_complete(f"%%timeline {line}\nx = 1\n\n")[0] == "complete"
        assert shell.check_complete(f"%%timeline {line}\nwith x:")[0] == "incomplete"
    assert recorder.on is None
    shell.run_cell("x = 2")
    assert shell.shown == []


def test_a_silent_cell_runs_and_is_not_recorded(shell: Any) -> None:
    assert shell.run_cell("%%timeline\nwith record('by itself') as own: compute(0.001)", silent=True).success
    assert without_block(shell.user_ns["own"]).tasks == ("task 0",)
    assert shell.shown == []


@pytest.mark.parametrize("inner", ["", "1", "1 /", "1 / 0", "raise KeyboardInterrupt", "%%capture\n1"])
def test_a_cell_that_runs_another_one_is_recorded_to_its_own_end(inner: str, shell: Any) -> None:
    shell.user_ns["shown"] = shell.shown
    shell.run_cell(f"%%timeline -o trace\nget_ipython().run_cell({inner!r})\ncompute(0.001)\nbefore = len(shown)")
    assert shell.user_ns["before"] == 0
    assert without_block(shell.user_ns["trace"]).tasks == ("task 0",)
    assert len(pictures(shell)) == 1


def test_the_block_of_a_cell_is_its_statements_alone(shell: Any) -> None:
    times = []

    class Noting(ast.NodeTransformer):
        def visit_Module(self, node: ast.Module) -> ast.Module:
            times.append(time.perf_counter_ns())
            return node

    shell.ast_transformers.append(Noting())
    shell.events.register("post_execute", note := lambda: times.append(time.perf_counter_ns()))
    shell.user_ns |= {"times": times, "recorder": recorder, "now": time.perf_counter_ns}
    shell.run_cell("%%timeline\nmine = recorder.on\ntimes += [mine.start, now()]\n1 / 0")
    shell.events.unregister("post_execute", note)
    shell.ast_transformers.clear()
    mine = shell.user_ns["mine"]
    (dealing,) = mine.dealings  # that with the traceback
    parsed, start, ran, late = times
    assert parsed <= start <= ran <= dealing[1] <= dealing[2] <= mine.block_ended <= late
    assert {"run_ast_nodes", "showtraceback"} & set(vars(shell)) == set()


def test_a_cell_goes_on_after_the_traceback_of_one_that_it_runs(shell: Any) -> None:
    shell.user_ns["recorder"] = recorder
    shell.run_cell("%%timeline\nmine = recorder.on\nget_ipython().run_cell('1 / 0')\nended = mine.block_ended")
    assert shell.user_ns["ended"] == 0
    assert len(shell.user_ns["mine"].dealings) == 1


def test_a_cell_that_runs_in_another_thread_ends_only_itself(shell: Any) -> None:
    shell.user_ns["timelines"] = timelines_of(shell)
    shell.run_cell(
        "%%timeline -o trace\n"
        "other = Thread(target=get_ipython().run_cell, args=['x = 1'])\n"
        "other.start(); other.join()\n"
        "stopped = Thread(target=timelines.end, args=[None])\n"  # as for a cell that IPython gave up
        "stopped.start(); stopped.join()\n"
        "compute(0.001)"
    )
    assert shell.user_ns["x"] == 1
    assert without_block(shell.user_ns["trace"]).tasks == ("task 0",)


def test_a_cell_that_ipython_gave_up_ends_only_itself(shell: Any) -> None:
    shell.user_ns |= {"timelines": timelines_of(shell), "info": SimpleNamespace(raw_cell="x = 1")}
    shell.run_cell("%%timeline -o trace\ntimelines.begin(info)\ntimelines.end(None)\ncompute(0.001)")
    assert without_block(shell.user_ns["trace"]).tasks == ("task 0",)


@pytest.mark.parametrize(
    "outer",
    [
        "%%capture\n%%timeline -o trace in another {1}\ncompute(0.001)\nx = 1",
        "%%time\n%%timeline -o trace in another {1}\ncompute(0.001)\nx = 1",
        "get_ipython().run_cell('%%timeline -o trace in another {1}\\ncompute(0.001)\\nx = 1')",
        "get_ipython().run_cell_magic('timeline', '-o trace in another {1}', 'compute(0.001)\\nx = 1')",
        ">>> %%timeline -o trace in another {1}\n>>> compute(0.001)\n>>> x = 1",
    ],
)
def test_inside_another_cell_it_records_too(outer: str, shell: Any) -> None:
    assert shell.run_cell(outer).success
    trace = shell.user_ns["trace"]
    assert (trace.label, without_block(trace).tasks, shell.user_ns["x"]) == ("in another {1}", ("task 0",), 1)


def test_inside_another_cell_an_error_is_passed_on(shell: Any) -> None:
    done = shell.run_cell("get_ipython().run_cell_magic('timeline', '-o trace', '1 / 0')")
    assert shell.user_ns["trace"].cut_short == "ZeroDivisionError: division by zero"
    assert str(done.error_in_exec) == (
        "what stands beneath %%timeline was cut short: ZeroDivisionError: division by zero"
    )


def test_one_beneath_another_is_refused(shell: Any) -> None:
    done = shell.run_cell("%%timeline outer\n%%timeline inner\nx = 1")
    assert isinstance(done.error_in_exec, UsageError)
    assert "a recording is on already ('outer')" in str(done.error_in_exec)
    assert "x" not in shell.user_ns


# In and out


def test_loaded_twice_it_is_there_once(shell: Any) -> None:
    taketurns.load_ipython_extension(shell)
    shell.run_cell("%%timeline\ncompute(0.001)")
    assert len(pictures(shell)) == 1
    assert sum(type(each) is magic.Timelines for each in shell.input_transformers_cleanup) == 1


def test_ipython_loads_reloads_and_unloads_it(shell: Any) -> None:
    def found() -> int:
        return sum(type(each).__name__ == "Timelines" for each in shell.input_transformers_cleanup)

    taketurns.unload_ipython_extension(shell)
    counts = [found()]
    for cell in ("%load_ext taketurns", "%reload_ext taketurns", "%unload_ext taketurns", "%load_ext taketurns"):
        shell.run_cell(cell)
        counts.append(found())
    assert counts == [0, 1, 1, 0, 1]


def test_unloaded_it_is_gone(shell: Any) -> None:
    taketurns.unload_ipython_extension(shell)
    taketurns.unload_ipython_extension(shell)
    assert isinstance(shell.run_cell("%%timeline\nx = 1").error_in_exec, UsageError)
    assert "x" not in shell.user_ns
    left = [called for event in shell.events.callbacks.values() for called in event]
    assert [called for called in left if isinstance(getattr(called, "__self__", None), magic.Timelines)] == []


def test_unloaded_in_the_middle_of_a_cell_it_shows_what_it_has(shell: Any) -> None:
    done = shell.run_cell("%%timeline -o trace\ncompute(0.001)\n%unload_ext taketurns\n%load_ext taketurns\nx = 1")
    assert done.success
    assert without_block(shell.user_ns["trace"]).tasks == ("task 0",)
    assert len(pictures(shell)) == 1
    assert recorder.on is None


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        ("record", "✗ This cell is not recorded (OSError: no room)"),
        ("display", "✗ The recording of this cell cannot be shown (OSError: no room)"),
    ],
)
def test_what_goes_wrong_in_it_is_told_in_one_line_and_the_cell_runs(
    failing: str, told: str, shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(magic, failing, fail)
    assert shell.run_cell("%%timeline\nx = 1").success
    assert shell.user_ns["x"] == 1
    assert capsys.readouterr().out == f"{told}\n"
    assert recorder.on is None


# A real kernel

KERNEL = r"""
import json, sys
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel()

def run(cell):
    said, asked = [], client.execute(cell, store_history=True)
    while True:
        message = client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != asked:
            continue
        if kind == "status" and content["execution_state"] == "idle":
            break
        if kind == "stream":  # a kernel may cut what is printed into pieces anywhere
            if not said or said[-1][0] != "printed":
                said.append(["printed", ""])
            before, said[-1][1] = said[-1][1], said[-1][1] + content["text"]
            if "INTERRUPT\n" in said[-1][1] and "INTERRUPT\n" not in before:
                manager.interrupt_kernel()
        elif kind == "execute_result":
            said.append([f"Out[{content['execution_count']}]", content["data"]["text/plain"]])
        elif kind == "display_data":
            said.append(["shown", content["data"]["text/html"].partition('" width')[0]])
        elif kind == "error":
            said.append(["error", content["ename"]])
    return [[kind, text.strip()] for kind, text in said]

try:
    print(json.dumps([run(cell) for cell in json.loads(sys.argv[1])]))
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
"""

CELLS = [
    f"{START}\n%load_ext taketurns\nasync def child(): await asyncio.sleep(0); return 3",
    "%%timeline -o group three tasks\n"
    "async with asyncio.TaskGroup() as tasks:\n"
    "    made = [tasks.create_task(child()) for _ in range(3)]\n"
    "await asyncio.sleep(0)\n"
    "sum(task.result() for task in made)",
    "%%timeline -o threads\nfor each in (started := [Thread(target=wait, args=[0]) for _ in range(2)]):\n"
    "    each.start()\nfor each in started:\n    each.join()\nprint('joined')\n'last'",
    "%%timeline -o error\ncompute(0.001)\nawait asyncio.sleep(0)\n1 / 0",
    "%%timeline -o asleep\nprint('INTERRUPT', flush=True)\nwhile True:\n    await asyncio.sleep(0)",
    "%%timeline -o busy\nprint('INTERRUPT', flush=True)\nwhile True:\n    compute(0.001)",
    "%%timeline --lanes rows\n1",
    "counts = sum(task != 'the block' for task in group.tasks), len(threads.only('wait').workers)\n"
    "print(*counts, error.cut_short, asleep.cut_short, busy.cut_short, sep=', ')",
]


def test_a_real_kernel_awaits_interrupts_and_draws(tmp_path: Path) -> None:
    pytest.importorskip("ipykernel")
    environment = {"PYTHONPATH": SOURCE, "IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-c", KERNEL, json.dumps(CELLS)]
    ran = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=100
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    start, group, threads, error, asleep, busy, wrong, names = json.loads(ran.stdout)
    assert start == []
    assert [kind for kind, _ in group] == ["Out[2]", "shown"]
    assert group[0][1] == "9"
    assert group[1][1].startswith('<img alt="three tasks: ')
    assert [kind for kind, _ in threads] == ["printed", "Out[3]", "shown"]
    assert [said if kind == "error" else kind for kind, said in error] == ["ZeroDivisionError", "shown"]
    assert [said if kind == "error" else kind for kind, said in asleep] == ["printed", "CancelledError", "shown"]
    assert [said if kind == "error" else kind for kind, said in busy] == ["printed", "KeyboardInterrupt", "shown"]
    assert wrong == [["printed", "UsageError: %%timeline --lanes takes task or worker; it was given rows"]]
    said = "3, 2, ZeroDivisionError: division by zero, CancelledError, KeyboardInterrupt"
    assert names == [["printed", said]]
