"""Programs on gevent, patched never, before taketurns is imported, after it, or inside of the block.

What they are stands in gevent_programs.py, which runs in a process of its own: gevent's patches are for ever.
"""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from lanes import course, without_block

from taketurns import State, Trace

pytest.importorskip("gevent")

PROGRAMS = Path(__file__).with_name("gevent_programs.py")
LINES = PROGRAMS.read_text().splitlines()
PATCHED = ["before", "after", "inside"]
RUNNING, READY, WAITING, UNSEEN = State


@pytest.fixture(scope="module", params=["never", *PATCHED])
def ran(request):
    done = subprocess.run([sys.executable, str(PROGRAMS), request.param], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    traces = {name: without_caller(Trace.from_json(text)) for name, text in printed["traces"].items()}
    return request.param, traces, printed["tracing"], Trace.from_json(printed["traces"]["block"])


def without_caller(trace):
    """Leave out who starts the greenlets of a program, which has a lane where a busy machine made that slow."""
    if trace.label == "beside others":
        return trace
    caller = "" if trace.label == "alone" else f"{trace.label}()"
    return replace(trace, spans=tuple(span for span in without_block(trace).spans if span.task != caller))


@pytest.fixture
def traces(ran):
    return ran[1]


def line_of(text):
    """Return the number of the line that begins so."""
    return next(number for number, line in enumerate(LINES, 1) if line.strip().startswith(text))


def waits(trace, task, reason):
    """Return the places of the waits of a task for that reason, without those that are short."""
    return [
        span.where.expression if span.where is not None else ""
        for span in trace.lane(task)
        if span.state is WAITING and span.reason == reason and span.duration > 0.004
    ]


def assert_in_one_thread(trace):
    """Whatever gevent calls a thread: there is one, and in it one greenlet runs at a time."""
    assert trace.workers == ("main thread",)
    assert trace.peak_parallelism <= 1
    for lane in trace.lanes.values():
        assert all(one.end == two.start for one, two in pairwise(lane))
    running = sorted((span.start, span.end) for span in trace.spans if span.state in (RUNNING, UNSEEN))
    assert all(one[1] <= two[0] for one, two in pairwise(running))


IN_ONE_THREAD = ["first", "sleepers", "pool", "group", "decorated", "queue_of_gevent", "lock_and_event", "joins"]
IN_ONE_THREAD += ["held", "late", "turns", "ends", "sockets", "classes", "stand_ins", "alone"]


@pytest.mark.parametrize("name", IN_ONE_THREAD)
def test_no_thread_and_no_parallelism_is_invented(traces, name):
    assert_in_one_thread(traces[name])


def test_each_greenlet_is_a_task_with_the_name_of_its_call(traces):
    assert traces["first"].tasks == ("job(0)",)
    assert traces["sleepers"].tasks == ("job(0)", "job(1)", "job(2)")
    assert traces["sleepers"].peak_concurrency == 3
    for task in traces["sleepers"].tasks:
        assert waits(traces["sleepers"], task, "timer") == ["gevent.sleep(0.02)"] * 2
    place = traces["sleepers"].lane("job(0)")
    lines = {span.where.line for span in place if span.where is not None and span.reason == "timer"}
    assert lines == {line_of("gevent.sleep(0.02)"), line_of("gevent.sleep(0.02)") + 2}


def test_a_pool_of_two_has_two_greenlets_at_a_time_and_its_own_are_none(traces):
    pool = traces["pool"]
    assert pool.tasks == ("job(0)", "job(1)", "job(2)", "job(3)")
    assert pool.peak_concurrency == 2
    assert pool.lane("job(2)")[0].start >= min(pool.lane("job(0)")[-1].end, pool.lane("job(1)")[-1].end)
    assert set(traces["group"].only("job").tasks) == {"job(0)", "job(1)"}


def test_a_decorated_call_in_a_greenlet_is_one_task(traces):
    trace = traces["decorated"]
    assert trace.tasks == ("order 0", "order 1", "order 2", "order 3")
    assert trace.peak_concurrency == 2
    assert [waits(trace, task, "timer") for task in trace.tasks] == [["gevent.sleep(0.02)"]] * 4


def test_who_waits_for_a_queue_says_so(traces):
    assert waits(traces["queue_of_gevent"], "consume(Queue, Event)", "queue") == ["pages.get()"] * 2


def test_who_waits_for_a_lock_or_an_event_in_compiled_code_says_so(traces):
    trace = traces["lock_and_event"]
    assert waits(trace, "Shop.second()", "event") == ["self.open.wait()"]
    assert waits(trace, "Shop.second()", "lock") == ["self.lock"]
    assert waits(trace, "Shop.waits()", "event") == ["self.open.wait(5)"]
    assert waits(trace, "Shop.first()", "timer") == ["gevent.sleep(0.03)"]
    [lock] = [span for span in trace.lane("Shop.second()") if span.reason == "lock"]
    assert lock.start >= trace.lane("Shop.first()")[0].start
    assert lock.end >= trace.lane("Shop.first()")[-1].end


def test_who_joins_waits_for_another_task(traces):
    trace = traces["joins"]
    assert trace.tasks == ("parent()", "job(7)", "job(8)")
    assert waits(trace, "parent()", "another task") == ["child.join()", "gevent.joinall([gevent.spawn(job, 8)])"]
    child = trace.lane("job(7)")
    [first, _] = [span for span in trace.lane("parent()") if span.reason == "another task"]
    assert first.start <= child[0].start
    assert child[-1].end <= first.end


def test_what_stops_the_thread_holds_the_event_loop(traces):
    trace = traces["held"]
    if unseen := [note for note in trace.notes if "could not be seen" in note]:
        pytest.skip(unseen[0])
    assert waits(trace, "holds()", "sleep, holds the event loop") == ["block_thread(0.03)"]
    assert trace.lane("sleep(0.01)")[0].start >= trace.lane("holds()")[-1].end


def test_who_slept_and_whose_turn_it_is_not_yet_is_ready(traces):
    trace = traces["late"]
    in_turn = (READY, "event loop")
    assert course(trace, "sleep_short()") == [(RUNNING, ""), (WAITING, "timer"), in_turn, (RUNNING, "")]
    [slept] = [span for span in trace.lane("sleep_short()") if span.reason == "timer"]
    assert slept.duration == pytest.approx(0.01)  # that is what it asked for, however late it went on
    assert slept.end < trace.lane("burn(0.05)")[-1].end <= trace.lane("sleep_short()")[-1].end


def test_to_sleep_for_no_time_is_to_give_others_their_turn(traces):
    trace = traces["turns"]
    for task in "steps(0)", "steps(1)":
        assert [span.reason for span in trace.lane(task) if span.reason == "event loop"] == ["event loop"] * 3
        assert trace.time_in(WAITING, task) == 0
    ran = [task for task, _ in groupby(span.task for span in trace.spans if span.state is RUNNING)]
    assert ran == ["steps(0)", "steps(1)"] * 4


def test_a_greenlet_that_fails_or_is_killed_ends(traces):
    trace = traces["ends"]
    assert trace.tasks == ("broken()", "for_ever()", "job(1)")
    ends = {task: trace.lane(task)[-1].end for task in trace.tasks}
    assert ends["broken()"] <= ends["for_ever()"] < ends["job(1)"]


def test_a_call_that_sleeps_and_a_block_that_sleeps_wait(ran):
    assert waits(ran[1]["alone"], "alone()", "timer") == ["gevent.sleep(0.03)"]
    block = ran[3]
    if not any("could not be seen" in note for note in block.notes):
        assert block.tasks == ("the block",)
        assert [span.reason for span in block.spans if span.duration > 0.01] == ["timer"]


def test_what_the_block_does_itself_is_one_lane_from_begin_to_end_whatever_else_runs(traces):
    trace = traces["beside"]
    for name in "own(0.02)", "own(0.003)":
        lane = trace.lane(name)
        assert [span.reason for span in lane].count("timer") == 1
        assert all(one.end == two.start for one, two in pairwise(lane))
    assert waits(trace, "own(0.02)", "timer") == ["gevent.sleep(seconds)"]
    if not any("could not be seen" in note for note in trace.notes):
        assert waits(trace, "the block", "timer") == ["gevent.sleep(0.021)"]
        assert not {"another task", "event loop"} & {
            span.reason for span in trace.lane("the block") if span.state is WAITING
        }


def test_what_gevents_threads_run_is_in_threads_of_its_own(traces):
    trace = traces["in_threadpool"].only("sleep(")
    assert trace.tasks == ("sleep(0.03) 0", "sleep(0.03) 1")
    assert trace.workers == ("thread 1", "thread 2")
    assert trace.peak_concurrency == 2


def test_greenlets_in_another_thread_are_tasks_of_that_thread(traces):
    trace = traces["another_thread"].only("job", "order")
    assert set(trace.tasks) == {"job(1)", "order 2"}  # what only waits for these is none
    assert trace.workers == ("thread 1",)
    assert waits(trace, "job(1)", "timer") == ["gevent.sleep(0.02)"] * 2
    assert waits(trace, "order 2", "timer") == ["gevent.sleep(0.02)"]
    running = sorted((span.start, span.end) for span in trace.spans if span.state is RUNNING)
    assert all(one[1] <= two[0] for one, two in pairwise(running))


def test_a_greenlet_that_receives_waits_for_a_socket(traces):
    assert waits(traces["sockets"], "receive(socket)", "socket") == ["one.recv(1)"]


def test_a_class_of_greenlets_is_a_task_and_so_is_what_begins_later(traces):
    assert traces["classes"].only("Cook", "job").tasks == ("Cook", "job(number=5)")
    assert waits(traces["classes"], "Cook", "timer") == ["gevent.sleep(0.01)"]


def test_what_waiting_says_is_what_a_greenlet_waits_for(traces):
    for task in "stands_in(0)", "stands_in(1)":
        reasons = [span.reason for span in traces["stand_ins"].lane(task) if span.state is WAITING]
        assert reasons == ["the kitchen"]
        assert traces["stand_ins"].time_in(WAITING, task) >= 0.005


def test_threads_that_gevent_has_made_greenlets_are_tasks_of_one_thread(ran):
    when, traces, _, _ = ran
    trace = traces["threads"].only("in_a_thread", "the kettle")
    assert set(trace.tasks) == {"in_a_thread(Event, Queue)", "the kettle"}
    if when == "never":  # they are threads
        assert set(trace.workers) == {"thread 1", "the kettle"}
        return
    assert_in_one_thread(trace)
    assert waits(trace, "in_a_thread(Event, Queue)", "event") == ["event.wait()"]
    assert waits(trace, "in_a_thread(Event, Queue)", "queue") == ["pages.get()"]
    assert waits(trace, "the kettle", "timer") != []


def test_a_child_process_is_what_its_greenlet_waits_for(traces):
    [lane] = traces["child"].only("run_child").lanes.values()
    assert "child process" in {span.reason.partition(",")[0] for span in lane if span.state is WAITING}


def test_afterwards_nothing_is_traced(ran):
    assert ran[2] is False
