import asyncio
import inspect
import math
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from types import SimpleNamespace

import cloudpickle
import pytest
from lanes import without_block

from taketurns import State, compute, record, task, wait, waiting
from taketurns.recording import chunks as work
from taketurns.recording import marks

RUNNING, READY, WAITING, _ = State


def states(trace, name):
    """The states of a task, one after the other; when a busy machine took its core meanwhile is no matter here."""
    lane = [RUNNING if span.reason == "core" else span.state for span in trace.lane(name)]
    return [state for state, _ in groupby(lane)]


def test_compute_is_one_task_for_each_call():
    with record() as trace:
        compute(0.001)
        compute(0.001)
    assert without_block(trace).tasks == ("task 0", "task 1")
    assert set(states(trace, "task 0")) <= {RUNNING, READY}
    assert trace.peak_concurrency == 1


def test_compute_inside_a_task_belongs_to_it():
    @task
    def job():
        compute(0.001)

    with record() as trace:
        job()
    assert without_block(trace).tasks == ("job",)


@pytest.mark.parametrize("function", [compute, wait])
@pytest.mark.parametrize(
    ("given", "error"),
    [
        (-1, ValueError),
        (math.inf, ValueError),
        (math.nan, ValueError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
    ],
)
def test_seconds_are_checked(function, given, error):
    with pytest.raises(
        error, match=rf"{function.__name__}\(\) takes .*such as {function.__name__}\(0.05\).*given {given!r}"
    ):
        function(given)


def test_compute_does_the_same_amount_with_and_without_a_recording(monkeypatch):
    turns = []

    class Counted:
        def __iter__(self):
            turns.append(1)
            return iter(())

    work.chunk_ns()
    monkeypatch.setattr(work, "CHUNK", Counted())
    compute(0.01)
    without = len(turns)
    with record():
        compute(0.01)
    assert len(turns) == 2 * without > 0


def test_under_the_gil_no_two_threads_run_at_one_instant():
    barrier = threading.Barrier(4)

    def job():
        barrier.wait()
        compute(0.03)

    with record() as trace, ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(job)
    assert len(without_block(trace).tasks) == len(trace.workers) == 4
    if trace.origin["gil"] == "on":
        assert trace.peak_parallelism == 1
        assert any(span.reason == "GIL" for span in trace.spans if span.state is READY)


def test_plain_functions_that_share_the_gil_are_in_turns():
    barrier = threading.Barrier(2)

    @task
    def count():
        barrier.wait()
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        barrier.wait()

    with record() as trace, ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            pool.submit(count)
    assert trace.peak_concurrency == 2
    if trace.origin["gil"] == "on":
        assert trace.peak_parallelism <= 1


def test_a_mark_after_one_of_another_thread_shows_that_the_gil_was_lost(monkeypatch):
    class Stolen:
        """The third chunk of work, during which another thread marks the clock."""

        chunk = 0

        def __iter__(self):
            self.chunk += 1
            if self.chunk == 3:
                current.recorder.holder = None
            return iter(())

    monkeypatch.setattr(work, "chunks", lambda seconds: 5)
    monkeypatch.setattr(work, "chunk_ns", lambda: 1e9)
    monkeypatch.setattr(work, "CHUNK", Stolen())
    with record() as trace:
        current = marks.current_worker()
        current.recorder.gil = True
        compute(1)
    assert [(span.state, span.reason) for span in trace.spans] == [(RUNNING, ""), (READY, "GIL"), (RUNNING, "")]


@pytest.mark.parametrize(("hidden", "expected"), [(-1, [(READY, "core")]), (10**10, [(RUNNING, "")])])
def test_a_mark_that_comes_late_shows_that_the_core_was_lost_if_not_for_a_moment(monkeypatch, hidden, expected):
    switches = iter([(0, 0), (0, 1), (0, 1)])
    monkeypatch.setattr(work, "chunks", lambda seconds: 1)
    monkeypatch.setattr(work, "chunk_ns", lambda: 0)
    monkeypatch.setattr(marks, "switched", lambda: next(switches))
    monkeypatch.setattr(marks, "HIDDEN_NS", hidden)
    with record() as trace:
        compute(1)
    assert [(span.state, span.reason) for span in without_block(trace).spans] == expected


@pytest.mark.parametrize(
    ("before", "after", "lost", "gil", "reason"),
    [
        ((1, 1), (2, 1), False, True, "GIL"),
        ((1, 1), (2, 2), True, True, "GIL"),
        ((1, 1), (1, 2), False, True, "core"),
        ((1, 1), (1, 2), True, True, "core"),  # who never waited did not wait for the GIL
        ((1, 1), (1, 1), True, True, "GIL"),
        ((1, 1), (1, 1), False, True, ""),
        ((1, 1), (2, 1), False, False, ""),
        ((1, 1), (2, 2), False, False, "core"),
        (None, None, False, True, ""),
        (None, None, True, True, "GIL"),
    ],
)
def test_the_reason_of_a_gap_is_told_where_it_was_measured(before, after, lost, gil, reason, monkeypatch):
    monkeypatch.setattr(marks.threading, "active_count", lambda: 2)
    assert marks._reason(before, after, lost, gil) == reason


def test_a_thread_that_is_alone_never_waits_for_the_gil(monkeypatch):
    monkeypatch.setattr(marks.threading, "active_count", lambda: 1)
    assert marks._reason((1, 1), (2, 1), False, True) == ""


def test_wait_is_waiting_for_a_timer():
    with record() as trace:
        wait(0.001)
    first = trace.spans[0]
    assert (first.state, first.reason) == (WAITING, "timer")
    assert round(first.duration, 9) >= 0.001


def test_a_wait_that_comes_back_late_was_ready_from_when_it_was_due(monkeypatch):
    monkeypatch.setattr(work, "chunk_ns", lambda: 0)
    monkeypatch.setattr(marks.time, "sleep", lambda seconds: None)
    with record() as trace:
        wait(0)
    assert [span.state for span in trace.spans] == [READY]


@pytest.mark.parametrize(("holds", "gil", "reason"), [(True, True, "GIL"), (True, False, ""), (False, True, "")])
def test_a_late_wait_waited_for_the_gil_if_another_thread_had_it_when_it_was_due(holds, gil, reason, monkeypatch):
    def sleep(seconds):
        """Another thread marks the clock after this wait is due, or has marked it before that."""
        recording.holder = SimpleNamespace(last=recording.now() + 1_000_000 if holds else 0)
        while recording.now() <= recording.holder.last:
            pass

    monkeypatch.setattr(work, "chunk_ns", lambda: 0)
    monkeypatch.setattr(marks.time, "sleep", sleep)
    with record() as trace:
        recording = marks.current_worker().recorder
        recording.gil = gil
        wait(0.0005 if holds else 0)
    assert [(span.state, span.reason) for span in trace.spans][-1] == (READY, reason)


def test_waiting_says_what_for():
    @task
    def job():
        with waiting("a reply"):
            pass

    with record() as trace:
        job()
    assert [(span.state, span.reason) for span in trace.spans] == [(RUNNING, ""), (WAITING, "a reply"), (RUNNING, "")]


def test_waiting_alone_is_a_task_and_what_happens_inside_is_another():
    with record() as trace, waiting("the kitchen"):
        compute(0.001)
    assert without_block(trace).tasks == ("task 0", "task 1")
    assert states(trace, "task 0") == [WAITING]


def test_waiting_takes_a_string():
    with pytest.raises(TypeError, match=r'such as "a reply"; it was given 3'):
        waiting(3)


# @task


def test_a_task_has_the_name_of_its_function():
    @task
    def fetch():
        return 42

    with record() as trace:
        assert fetch() == 42
    assert without_block(trace).tasks == ("fetch",)
    assert states(trace, "fetch") == [RUNNING]


def test_tasks_that_share_a_name_are_numbered():
    @task(name="kettle")
    def boil():
        pass

    with record() as trace:
        boil()
        boil()
    assert without_block(trace).tasks == ("kettle 0", "kettle 1")


def test_a_name_may_hold_parameters():
    @task(name="board {number} of {hall.real}")
    def play(number, *, hall=24):
        pass

    with record() as trace:
        play(1)
        play(number=2, hall=3)
    assert without_block(trace).tasks == ("board 1 of 24", "board 2 of 3")


def test_a_parameter_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"names bord, but .* the parameters board"):

        @task(name="board {bord}")
        def play(board):
            pass


@pytest.mark.parametrize("given", [3, "name", None.__class__])
def test_task_goes_before_a_function(given):
    with pytest.raises(TypeError, match="@task goes before a function"):
        task(given)


def test_an_async_generator_is_refused():
    with pytest.raises(TypeError, match="without yield"):

        @task
        async def stream():
            yield 1


def test_a_wrong_call_fails_as_it_would_without_task():
    @task(name="{number}")
    def play(number):
        pass

    with record(), pytest.raises(TypeError, match=r"missing 1 required positional argument: 'number'"):
        play()


def test_a_decorated_function_keeps_its_kind_and_its_face():
    @task
    def plain(x: int) -> int:
        """Say."""
        return x

    @task
    def generator():
        yield

    @task
    async def coroutine():
        pass

    assert (plain.__name__, plain.__doc__, str(inspect.signature(plain))) == ("plain", "Say.", "(x: int) -> int")
    assert inspect.isgeneratorfunction(generator)
    assert inspect.iscoroutinefunction(coroutine)


def test_a_method_can_be_a_task():
    class Master:
        @task
        def move(self, board):
            return board

    with record() as trace:
        assert Master().move(3) == 3
    assert without_block(trace).tasks == ("move",)


def test_an_exception_in_a_task_ends_it_and_goes_on():
    @task
    def fail():
        raise ValueError("no")

    with record() as trace:
        with pytest.raises(ValueError, match="no"):
            fail()
        compute(0.001)
    assert without_block(trace).tasks == ("fail", "task 0")


def test_each_stretch_of_a_generator_is_one_span():
    @task
    def count(n):
        for number in range(n):  # noqa: UP028 - the loop runs between two yields
            yield number
        return "done"

    def outer():
        return (yield from count(2))

    with record() as trace:
        generator = outer()
        assert [next(generator), next(generator)] == [0, 1]
        with pytest.raises(StopIteration, match="done"):
            next(generator)
    assert states(trace, "count") == [RUNNING, WAITING, RUNNING, WAITING, RUNNING]


def test_a_generator_gets_what_is_sent_and_thrown():
    @task
    def echo():
        said = yield "begin"
        try:
            yield said
        except ValueError as error:
            yield str(error)

    with record() as trace:
        generator = echo()
        assert next(generator) == "begin"
        assert generator.send("hello") == "hello"
        assert generator.throw(ValueError("thrown")) == "thrown"
        generator.close()
    assert states(trace, "echo") == [RUNNING, WAITING] * 3 + [RUNNING]


def test_a_coroutine_can_be_driven_by_hand():
    class Suspend:
        def __await__(self):
            return (yield "given")

    @task
    async def answer():
        return await Suspend() + 1

    with record() as trace:
        coroutine = answer()
        assert coroutine.send(None) == "given"
        with pytest.raises(StopIteration) as stop:
            coroutine.send(41)
    assert stop.value.value == 42
    assert states(trace, "answer") == [RUNNING, WAITING, RUNNING]


def test_tasks_work_the_same_without_a_recording():
    @task(name="{x}")
    def plain(x):
        return x

    @task
    def generator():
        yield 1

    @task
    async def coroutine():
        return 2

    assert (plain(0), list(generator()), asyncio.run(coroutine())) == (0, [1], 2)


def test_a_generator_that_outlives_its_recording_goes_on_unseen():
    @task
    def count():
        yield 1
        yield 2

    with record() as trace:
        generator = count()
        next(generator)
    spans = trace.spans
    with record() as second:
        assert next(generator) == 2
        generator.close()
    assert trace.spans == spans
    assert second.spans == ()


def test_a_function_of_somebody_else_is_given_a_name_without_a_decorator():
    with record() as trace:
        assert task(abs, name="magnitude")(-2) == 2
    assert without_block(trace).tasks == ("magnitude",)


@pytest.mark.parametrize("kind", ["def f(n): return n", "def f(n): yield n", "async def f(n): return n"])
@pytest.mark.parametrize("decorator", ["@task", "@task(name='job {n}')"])
def test_a_task_that_is_defined_in_a_notebook_can_be_sent_by_value(decorator, kind):
    notebook = {"__name__": "__main__", "task": task}
    exec(f"{decorator}\n{kind}", notebook)
    sent = pickle.loads(cloudpickle.dumps(notebook["f"]))
    made = sent(7)
    if inspect.isgenerator(made):
        made = next(made)
    elif inspect.iscoroutine(made):
        made = asyncio.run(made)
    assert made == 7
