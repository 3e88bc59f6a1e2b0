"""A moment that is made of changes is the one that a look at the whole event loop gives."""

import contextlib
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import EventLoop, Exhibition, SimulatedClock, compute, play, record
from taketurns.recording import of_loops, simulated
from taketurns.suspend import generators, greenlets
from taketurns.suspend.loop import Instrument, instruments
from taketurns.trace.changes import Changes, Walk
from taketurns.trace.moments import Moment, Moments, line_of


class Whole(Instrument):
    """Looks at all that a loop holds before each step, as a recording once did."""

    def __init__(self):
        self.moments = []

    def before_task_step(self, task):
        loop = task.loop
        ready = tuple(call.task.name for call in loop.ready)
        timers = tuple((call.task.name, due / 1e9) for due, _, call in sorted(loop.timers))
        suspended = [one for one in loop.tasks if one.body is not None and not one.done]
        lines = {one.name: line for one in suspended if (line := line_of(one.body))}
        self.moments.append(Moment(loop.clock.now(), task.name, ready, timers, lines))


VERBS = st.sampled_from(
    ["turn", "sleep", "sleep", "compute", "start", "wait", "timers", "soon", "other's", "end", "fail"]
)
PROGRAMS = st.lists(st.lists(st.tuples(VERBS, st.integers(0, 3)), max_size=6), min_size=1, max_size=4)


def perform(steps, loop):
    """Do what a program says: a generator."""
    for verb, number in steps:
        me, one = loop.running, loop.tasks[number % len(loop.tasks)]
        if verb == "turn":
            yield generators.sleep(0)
        elif verb == "sleep":
            yield from (pause for pause in [generators.sleep(number)])
        elif verb == "compute":
            compute(number)
        elif verb == "start":
            begin(loop, [step for step in steps[:number] if step[0] != "start"])
        elif verb == "wait":
            yield lambda task, resume, one=one: task.wait_for(one, resume)
        elif verb == "timers":
            for seconds in (number, 1, number):
                me.call_later(seconds, lambda: None)
        elif verb == "soon":
            me.call_soon(lambda: None)
        elif verb == "other's":
            one.call_later(number, lambda: None)
        elif verb == "end":
            one.end()
        else:
            raise LookupError(verb)


def recorded(moment, names):
    """Return a moment without the tasks that a recording has nothing of."""
    ready = tuple(task for task in moment.ready if task in names)
    timers = tuple((task, due) for task, due in moment.timers if task in names)
    return moment._replace(
        ready=ready, timers=timers, lines={task: line for task, line in moment.lines.items() if task in names}
    )


def begin(loop, steps):
    generators._begin(loop, f"task {len(loop.tasks)}", perform(steps, loop))


def ran(loop):
    """Run a loop to its end; tasks may fail, or wait for ever."""
    with contextlib.suppress(ExceptionGroup, RuntimeError):
        loop.run()


@given(PROGRAMS, st.integers(0, 5))
def test_each_moment_is_that_of_a_look_at_the_whole_loop(program, unseen):
    loop, whole = EventLoop(clock := SimulatedClock()), Whole()
    for steps in program:
        begin(loop, steps)
    with clock.in_use():  # what happened before the recording is not known from changes
        for _ in range(unseen):
            if loop.ready or loop.timers:
                loop.turn()
    instruments.append(whole)
    try:
        with record("seen", clock) as trace:
            ran(loop)
    finally:
        instruments.remove(whole)
    moments = [recorded(moment, trace.tasks) for moment in whole.moments]
    assert trace.moments == tuple(moments)
    assert [trace.moments[index] for index in reversed(range(len(moments)))] == moments[::-1]


def test_two_loops_in_turns_have_moments_of_their_own():
    clock, whole = SimulatedClock(), Whole()
    instruments.append(whole)
    try:
        with record("two", clock) as trace:
            loops = EventLoop(clock), EventLoop(clock)
            for loop in loops:
                for seconds in (2, 1):
                    name = f"{loops.index(loop)} sleeps {seconds}"
                    loop.start(name, loop.call_later, seconds, lambda: None)
            while any(loop.ready or loop.timers for loop in loops):
                for loop in loops:
                    if loop.ready or loop.timers:
                        loop.turn()
    finally:
        instruments.remove(whole)
    assert len(trace.moments) == 8
    assert trace.moments == tuple(whole.moments)


def test_moments_are_a_sequence_that_can_be_cut_and_kept():
    moments = play(Exhibition(2, rounds=2), "generators").moments
    assert isinstance(moments, Moments)
    assert moments[2:5] == tuple(moments)[2:5]
    assert moments[-1] == list(moments)[-1]
    assert moments == copy.deepcopy(moments) == pickle.loads(pickle.dumps(moments))
    assert moments != moments[1:]
    assert repr(moments) == f"<Moments: {len(moments)}>"
    with pytest.raises(IndexError):
        moments[len(moments)]


def test_a_task_that_leaves_the_queue_unseen_does_not_shift_the_others():
    changes = Changes("")
    changes.queue = [1, 2, 3, 2]
    steps = [changes.begin(0, 2), changes.begin(0, 9), changes.begin(0, 2)]
    assert [changes.queue[step.left : step.queued] for step in steps] == [[3, 2], [3, 2], []]


def test_a_timer_that_is_canceled_is_none_and_one_that_is_not_there_is_left():
    changes = Changes("")
    for due, task in ((5, 1), (5, 2), (7, 1)):
        changes.set(due, task)
    changes.cancel(5, 2)
    changes.cancel(6, 2)
    changes.pass_by(5)
    walk = Walk(changes)
    walk.go(changes.begin(0, 1))
    assert walk.tell_timers() == [(1, 5e-9), (1, 7e-9)]


# How it grows


@pytest.mark.parametrize("style", ["callbacks", "generators", "coroutines", "greenlets", "asyncio"])
def test_what_is_kept_of_a_step_does_not_grow_with_the_tasks(style, monkeypatch):
    asked = []
    for module in of_loops, simulated:
        monkeypatch.setattr(module, "line_of", lambda body: asked.append(body) or line_of(body))
    kept = {}
    for boards in (4, 64):
        asked.clear()
        moments = play(Exhibition(boards, rounds=3), style).moments
        (loop,) = {id(step.loop): step.loop for step in moments._steps}.values()
        kept[boards] = max(len(asked), len(loop.queue), len(loop.timers), len(loop.stands)) / boards
    assert kept[64] <= kept[4]


def test_the_line_of_a_greenlet_is_the_innermost_of_the_learners():
    def inner():
        greenlets.sleep(1)

    def outer():
        inner()

    with record("deep", SimulatedClock()) as trace:
        greenlets.run(outer)
    code = inner.__code__
    assert trace.moments[1].lines == {"outer": (code.co_filename, code.co_firstlineno + 1)}
