"""Each call that a block makes itself is a task; the program does not notice, and it costs little."""

import asyncio
import functools
import os
import re
import runpy
import sys
import threading
import traceback
import weakref
from collections import namedtuple
from contextlib import ExitStack, contextmanager, nullcontext, suppress

import pytest
from IPython.core.interactiveshell import InteractiveShell
from lanes import without_block

from taketurns import compute, record, task
from taketurns.notebook import magic
from taketurns.recording import calls, marks, of_calls, profiled, recorder

before_3_12 = pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 brought sys.monitoring")
since_3_12 = pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 brought sys.monitoring")


def read(page="a"):
    return page


def shout(page):
    return read(page).upper()


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def total(n):
    return sum(j for j in range(n))


def broken(page="a"):
    raise LookupError(page)


def keeps(page):
    try:
        return [broken(page)]
    except LookupError as error:
        return [error, total(3)]  # its traceback holds the frame of this call


@task
def told(page):
    return read(page)


class Page:
    def __init__(self, name="a"):
        self.name = read(name)

    def __eq__(self, other):
        return self.name == read(other.name)

    __hash__ = None

    def __call__(self):
        return read(self.name)

    def visit(self):
        return read(self.name)

    @property
    def size(self):
        return len(read(self.name))


def lanes(trace):
    """The names of the calls, without the numbers of those that are alike; the block itself is no matter here."""
    return [re.sub(r" \d+$", "", name) for name in without_block(trace).tasks]


@pytest.fixture
def nested_calls_cost_too_much(monkeypatch):
    """Whatever it hears of inside of a call that is on is too much; between calls, nothing is."""
    monkeypatch.setattr(calls, "FREE_NS", -1)
    monkeypatch.setattr(calls.Calls, "costs_too_much", lambda self: self.open != 0)
    monkeypatch.setattr(of_calls, "REST_NS", -1)


@pytest.fixture
def all_costs_too_much(monkeypatch):
    monkeypatch.setattr(calls, "FREE_NS", -1)
    monkeypatch.setattr(calls, "SHARE", 0)


def plainly():
    for page in "abc":
        read(page)


PAGES = "abc"
WAYS = {
    "a loop": plainly,
    "a list": lambda: [read(page) for page in PAGES],
    "a set": lambda: {read(page) for page in PAGES},
    "a dict": lambda: {page: read(page) for page in PAGES},
    "a generator expression": lambda: "".join(read(page) for page in PAGES),
    "one in another": lambda: [[read(page) for page in pages] for pages in PAGES],
    "map": lambda: list(map(read, PAGES)),
    "sorted": lambda: sorted(PAGES, key=read),
    "partial": lambda: [functools.partial(read, page)() for page in PAGES],
    "a cache": lambda: list(map(functools.cache(read), PAGES)),
    "the standard library": lambda: list(map(functools.singledispatch(read), PAGES)),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_call_that_the_block_makes_is_a_task(way, monkeypatch):
    own = calls.Calls.is_of_block
    monkeypatch.setattr(calls.Calls, "is_of_block", lambda self, frame: frame.f_code is block or own(self, frame))
    monkeypatch.setattr(calls, "is_function", lambda code: code is read.__code__)
    block = WAYS[way].__code__  # as if it stood in the block
    with record() as trace:
        WAYS[way]()
    assert lanes(trace) == ["read('a')", "read('b')", "read('c')"]


def test_what_a_call_calls_is_part_of_it():
    with record() as trace:
        [shout(page) for page in "ab"]
        fib(5)
    assert lanes(trace) == ["shout('a')", "shout('b')", "fib(5)"]


def test_methods_and_lambdas_are_functions_too():
    page = Page()
    with record() as trace:
        page.visit()
        page()
        assert page.size == 1
        (lambda: read())()
    assert lanes(trace) == ["Page.visit()", "Page.__call__()", "Page.size()", "lambda()"]


def test_a_task_is_not_told_twice():
    with record() as trace:
        told("a")
    assert lanes(trace) == ["told"]


def test_what_only_makes_an_object_and_what_python_calls_is_no_task():
    def generate():
        yield read()

    async def load():
        return read()

    with record() as trace:
        assert list(generate()) == ["a"]
        coroutine = load()
        with suppress(StopIteration):
            coroutine.send(None)
        assert Page() == Page()

        class Local:
            name = [1, 2][0]

    assert Local.name == 1
    assert lanes(trace) == []


def test_other_threads_are_left_alone():
    with record() as trace:
        thread = threading.Thread(target=lambda: [read(page) for page in "ab"])
        thread.start()
        thread.join()
    assert lanes(trace) == ["lambda()"]


def in_a_function():
    with record() as trace:
        read()
        read()
    return trace


def in_a_stack():
    with ExitStack() as stack:
        trace = stack.enter_context(record())
        read()
        read()
    return trace


def begun_elsewhere():
    with recording() as trace:
        read()
        read()
    return trace


@contextmanager
def recording():
    with record() as trace:
        yield trace


async def in_a_coroutine():
    async with record() as trace:
        read()
        await asyncio.sleep(0)
        read()
    return trace


class InAMethod:
    def __call__(self):
        with record() as trace:
            read()
            read()
        return trace


@pytest.mark.parametrize(
    "block",
    [in_a_function, in_a_stack, begun_elsewhere, lambda: asyncio.run(in_a_coroutine()), InAMethod()],
    ids=["function", "stack", "context manager", "coroutine", "method"],
)
def test_a_block_stands_anywhere(block):
    assert lanes(block()) == ["read('a')"] * 2


def test_a_block_stands_in_a_module(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(
        "from taketurns import record\n"
        "def read(page): return page\n"
        "with record() as trace:\n    [read(page) for page in 'ab']\n"
    )
    assert lanes(runpy.run_path(str(script))["trace"]) == ["read('a')", "read('b')"]


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell()
    magic.load(shell)
    shell.run_cell("def read(page):\n    return page\ndef both():\n    return read(1), read(2)")
    yield shell
    magic.unload(shell)
    shell.history_manager.end_session() if shell.history_manager else None
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("read(1)\n[read(p) for p in 'a']\nboth()", ["read(1)", "read('a')", "both()"]),
        ("import asyncio\nread(1)\nawait asyncio.sleep(0)\nread(2)\nboth()", ["read(1)", "read(2)", "both()"]),
        ("def mine():\n    return read(1)\nread(2)\nmine()\nboth()", ["read(2)", "mine()", "both()"]),
    ],
)
def test_the_block_of_a_cell_is_all_its_statements(shell, body, calls, capsys):
    shell.run_cell("%%timeline -o trace\n" + body)
    assert lanes(shell.user_ns["trace"]) == calls


def test_what_ipython_does_for_each_statement_leaves_enough_to_tell_the_calls_of_a_cell_apart(shell, capsys):
    shell.run_cell("%%timeline -o trace\n" + "pages = []\n" * 40 + "print(read(1))\nread(2)")
    assert lanes(shell.user_ns["trace"]) == ["read(1)", "read(2)"]


def ends(trace, name):
    return max(span.end for span in trace.spans if span.task.startswith(name))


def starts(trace, name):
    return min(span.start for span in trace.spans if span.task.startswith(name))


def test_a_call_that_raises_ends_there():
    with record() as trace:
        try:
            broken()
        except LookupError:
            read()
    assert lanes(trace) == ["broken('a')", "read('a')"]
    assert ends(trace, "broken") <= starts(trace, "read")


def test_a_call_that_raises_to_the_end_of_the_block_is_a_task():
    with pytest.raises(KeyboardInterrupt):
        with record() as trace:
            interrupted()
    assert lanes(trace) == ["interrupted()"]
    with record() as trace:
        read()
    assert lanes(trace) == ["read('a')"]


def interrupted():
    raise KeyboardInterrupt


def test_an_exception_that_is_kept_does_not_keep_its_call():
    with record() as trace:
        kept = [keeps(page) for page in "ab"]
        read()
    assert len(kept) == 2
    assert lanes(trace) == ["keeps('a')", "keeps('b')", "read('a')"]


@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_where_nested_calls_cost_too_much_calls_are_told_apart_all_the_same():
    with record() as trace:
        mine = recorder.on
        list(map(fib, [5, 6]))
        [shout(page) for page in "ab"]
        total(100)
        read()
    assert lanes(trace) == ["fib(5)", "fib(6)", "shout('a')", "shout('b')", "total(100)", "read('a')"]
    assert mine.calls_merged == ""


@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_where_nested_calls_cost_too_much_a_call_that_raises_ends_there():
    def deep(n):
        return deep(n - 1) if n else broken()

    with record() as trace:
        with suppress(LookupError):
            deep(5)
        read()
    assert lanes(trace) == ["deep(5)", "read('a')"]
    assert ends(trace, "deep") <= starts(trace, "read")


@pytest.mark.usefixtures("all_costs_too_much")
def test_where_calls_cost_too_much_they_are_one_lane_which_is_said():
    with record() as trace:
        mine = recorder.on
        read()
    assert lanes(trace) == []
    assert mine.calls_merged == (
        "calls that the block makes itself are one lane: to tell them apart would have cost too much"
    )


def test_calls_are_one_lane_from_where_they_cost_too_much(monkeypatch):
    monkeypatch.setattr(calls, "FREE_NS", 2 * calls.CALL_NS)
    monkeypatch.setattr(calls, "SHARE", 0)
    for module, cost in ((of_calls, "EVENT_NS"), (of_calls, "REST_NS"), (profiled, "PROFILE_NS")):
        monkeypatch.setattr(module, cost, 0)
    with record() as trace:
        mine = recorder.on
        for page in "abcdef":
            read(page)
    assert lanes(trace) == ["read('a')", "read('b')"]
    assert mine.calls_merged.startswith("after the first 2, calls that the block makes itself are one lane: ")
    said = "one lane" if "the block" in trace.tasks else "not shown"  # a block that takes less than 5 ms has no lane
    (note,) = trace.notes
    assert note.startswith(f"After the first 2, calls that the block makes itself are {said}: ")


def test_many_short_calls_are_given_up():
    with record():
        mine = recorder.on
        for number in range(100_000):
            read(number)
    assert "would have cost too much" in mine.calls_merged


def watched():
    """Whether anybody hears of calls in this thread."""
    tools = [sys.monitoring.get_tool(tool) for tool in range(6)] if sys.version_info >= (3, 12) else []
    return sys.getprofile() is not None or of_calls.TOOL_NAME in tools


def test_nothing_is_left_behind():
    assert not watched()
    with record():
        during = sys.getprofile() is not None or watched()  # inside of a call there may be no profile function
        read()
    assert during
    assert not watched()
    assert of_calls._installed == []


def test_what_is_removed_can_be_removed_again():
    with record() as trace:
        read()
        of_calls.remove(recorder.on)
        of_calls.remove(recorder.on)
        assert sys.getprofile() is None
        assert not watched()
        read()
    assert lanes(trace) == ["read('a')"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_is_left_alone():
    with record():
        child = os.fork()
        if child == 0:
            os._exit(sys.getprofile() is not None or watched())
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@before_3_12
def test_the_profiler_of_somebody_else_stays():
    def theirs(*event):
        pass

    sys.setprofile(theirs)
    try:
        with record() as trace:
            mine = recorder.on
            read()
        assert sys.getprofile() is theirs
    finally:
        sys.setprofile(None)
    assert lanes(trace) == []
    assert mine.calls_merged.endswith("another profiler is at work")


@since_3_12
def test_tools_of_somebody_else_stay():
    free = [tool for tool in range(6) if sys.monitoring.get_tool(tool) is None]
    for tool in free:
        sys.monitoring.use_tool_id(tool, "theirs")
    try:
        with record() as trace:
            mine = recorder.on
            read()
        assert {sys.monitoring.get_tool(tool) for tool in free} == {"theirs"}
    finally:
        for tool in free:
            sys.monitoring.free_tool_id(tool)
    assert lanes(trace) == []
    assert mine.calls_merged.endswith("all tools of sys.monitoring are taken")


def test_a_trace_function_sees_what_it_saw():
    def events():
        seen = []

        def tracer(frame, event, argument):
            seen.append((frame.f_code.co_name, event, frame.f_lineno))
            return tracer

        sys.settrace(tracer)
        shout("a")
        broken_quietly()
        sys.settrace(before)
        return [each for each in seen if each[0] in ("shout", "read", "broken", "broken_quietly")]

    before = sys.gettrace()
    plain = events()
    with record() as trace:
        recorded = events()
    assert recorded == plain
    assert lanes(trace) == ["events()"]


def broken_quietly():
    with suppress(LookupError):
        broken()


@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_a_trace_function_sees_what_it_saw_where_nested_calls_cost_too_much():
    seen = []

    def tracer(frame, event, argument):
        seen[-1].append((frame.f_code.co_name, event, frame.f_lineno))
        return tracer

    before = sys.gettrace()
    for block in (nullcontext(), record()):
        seen.append([])
        with block:
            sys.settrace(tracer)
            shout("a")
            sys.settrace(before)
    plain, recorded = ([each for each in events if each[0] in ("shout", "read")] for events in seen)
    assert recorded == plain


@before_3_12
def test_a_call_runs_without_a_profile_function():
    def inside():
        return sys.getprofile()

    with record():
        assert inside() is None


def test_only_an_except_may_keep_an_exception():
    def withs(lock):
        with lock, lock:
            return [read(each) for each in lock]

    def tries():
        try:
            read()
        except LookupError as error:
            return error

    with record():
        kept = {function: of_calls._installed[0].may_keep(function.__code__) for function in (fib, withs, tries)}
    assert kept == {fib: False, withs: False, tries: True}


def keeps_deep(n):
    try:
        return broken() if n == 0 else [keeps_deep(n - 1), broken()]
    except LookupError as error:
        return error


@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_where_an_exception_hides_the_end_of_a_call_that_is_said():
    with record() as trace:
        mine = recorder.on
        kept = [keeps_deep(3)]
        read()
    assert kept
    if sys.version_info < (3, 12):
        assert (lanes(trace), mine.calls_merged) == (["keeps_deep(3)"], calls.LOST)
    else:  # it tells of returns alone, too
        assert (lanes(trace), mine.calls_merged) == (["keeps_deep(3)", "read('a')"], "")


@since_3_12
@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_nothing_is_heard_inside_of_a_call_where_that_costs_too_much():
    def again(n):
        if n:
            again(n - 1)
        tool = of_calls._installed[0].tool
        return sys.monitoring.get_events(tool), sys.monitoring.get_local_events(tool, again.__code__)

    unwind = sys.monitoring.events.PY_UNWIND
    with record():
        assert again(1) == (unwind, 0)
        assert again(1) == (unwind, 0)


def test_code_that_a_library_wrote_is_no_function_of_the_learners():
    point = namedtuple("point", "x y")
    with record() as trace:
        point(1, 2)
        [point._make(pair) for pair in ((1, 2), (3, 4))]
    assert lanes(trace) == []


def test_a_name_is_made_of_the_arguments(monkeypatch):
    def every(first, /, second, *others, third, **more):
        return lambda: first

    seen = []
    monkeypatch.setattr(calls, "code_name", lambda code, values, arguments: seen.append(values) or code.co_name)
    with record():
        every(1, 2, 3, third=4, fourth=5)
        fib(1)
    first = {"first": 1, "second": 2, "others": (3,), "third": 4, "more": {"fourth": 5}}
    assert seen == [first, {"n": 1}]


def test_an_argument_dies_when_its_function_deletes_it():
    class Box:
        pass

    def drop(box):
        alive = weakref.ref(box)
        del box
        return alive()

    with record():
        left = drop(Box())
    assert left is None


def test_a_function_that_another_thread_called_too_often_is_seen_in_the_next_recording(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(calls, "FREE_NS", -1)
        patch.setattr(calls.Calls, "costs_too_much", lambda self: threading.get_ident() != self.thread)
        with record():
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()
    with record() as trace:
        read()
    assert lanes(trace) == ["read('a')"]


def test_tracebacks_are_without_our_frames():
    with record():
        try:
            broken()
        except LookupError as error:
            names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ["test_tracebacks_are_without_our_frames", "broken"]


def test_arguments_die_in_time():
    class Box:
        pass

    def drop(box):
        return weakref.ref(box)

    with record():
        dropped = drop(Box())
        assert dropped() is None


@pytest.mark.usefixtures("nested_calls_cost_too_much")
def test_arguments_and_frames_die_in_time_where_nested_calls_cost_too_much():
    class Box:
        pass

    def drop(box):
        fib(4)
        return weakref.ref(box)

    with record():
        dropped = drop(Box())
        assert dropped() is None


def test_locals_are_the_learners_alone():
    def look(page):
        fib(3)
        return sorted(locals())

    with record():
        assert look("a") == ["page"]


def test_the_computing_of_a_block_is_unheard_and_what_it_calls_afterwards_is_not():
    with record() as trace:
        compute(0.001)
        read()
    assert lanes(trace) == ["task", "read('a')"]


@before_3_12
def test_while_it_computes_there_is_no_profile_function(monkeypatch):
    seen = []
    plain = marks._with_marks
    monkeypatch.setattr(marks, "_with_marks", lambda *given: seen.append(sys.getprofile()) or plain(*given))
    with record():
        compute(0)
        after = sys.getprofile()
    assert seen == [None]
    assert after is not None
