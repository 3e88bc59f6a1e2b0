"""Four ways to suspend, one schedule. Programs are generated, and written in each of the four styles."""

import re
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns import SimulatedClock, State, compute, record
from taketurns.suspend import callbacks, coroutines, generators, greenlets

STYLES = [callbacks, generators, coroutines, greenlets]

# A program is a list of tasks; a task is a list of steps: ("compute", s), ("sleep", s), or ("wait for", another task).


def in_callbacks(program):
    started = {}

    def step(steps):
        for number, (verb, what) in enumerate(steps):
            rest = steps[number + 1 :]
            if verb == "compute":
                compute(what)
            elif verb == "sleep":
                return callbacks.sleep(what, step, rest)
            else:
                return callbacks.wait_for(started[what], step, rest)
        return None

    def main():
        for name, steps in enumerate(program):
            started[name] = callbacks.start(step, steps, name=f"task {name}")

    callbacks.run(main)


def in_generators(program):
    started = {}

    def perform(steps):
        for verb, what in steps:
            if verb == "compute":
                compute(what)
            elif verb == "sleep":
                yield generators.sleep(what)
            else:
                yield generators.wait_for(started[what])

    def main():
        for name, steps in enumerate(program):
            started[name] = generators.start(perform, steps, name=f"task {name}")
        yield from ()

    generators.run(main)


def in_coroutines(program):
    started = {}

    async def perform(steps):
        for verb, what in steps:
            if verb == "compute":
                compute(what)
            elif verb == "sleep":
                await coroutines.sleep(what)
            else:
                await coroutines.wait_for(started[what])

    async def main():
        for name, steps in enumerate(program):
            started[name] = coroutines.start(perform, steps, name=f"task {name}")

    coroutines.run(main)


def in_greenlets(program):
    started = {}

    def perform(steps):
        for verb, what in steps:
            if verb == "compute":
                compute(what)
            elif verb == "sleep":
                greenlets.sleep(what)
            else:
                greenlets.wait_for(started[what])

    def main():
        for name, steps in enumerate(program):
            started[name] = greenlets.start(perform, steps, name=f"task {name}")

    greenlets.run(main)


seconds = st.integers(0, 5)
own_step = st.tuples(st.sampled_from(["compute", "sleep"]), seconds)


@st.composite
def programs(draw):
    """Tasks wait only for those that start before them, so that none waits for ever."""
    count = draw(st.integers(1, 4))
    return [
        draw(
            st.lists(
                own_step | st.tuples(st.just("wait for"), st.integers(0, name - 1)) if name else own_step, max_size=4
            )
        )
        for name in range(count)
    ]


@given(programs())
def test_four_styles_give_one_schedule(program):
    traces = []
    for run in (in_callbacks, in_generators, in_coroutines, in_greenlets):
        with record(run.__name__, SimulatedClock()) as trace:
            run(program)
        traces.append(trace)
    assert all(traces[0].same_schedule(trace) for trace in traces)
    assert all(trace.peak_parallelism <= 1 for trace in traces)
    computing = sum(what for steps in program for verb, what in steps if verb == "compute")
    assert traces[0].time_in(State.RUNNING) == computing


def test_the_four_have_one_shape():
    assert {tuple(style.__all__) for style in STYLES} == {("run", "sleep", "start", "wait_for")}


def test_none_imports_another():
    for style in STYLES:
        with open(import_module(style.__name__).__file__, encoding="utf-8") as file:
            assert re.findall(r"^from taketurns\S* import .*", file.read(), re.MULTILINE) == [
                "from taketurns.suspend.loop import EventLoop, Task, running_loop"
            ]


# Results and errors


def made_of(style, child, result=None):
    """Return a main function in that style that starts a child and gives what that returns."""
    if style is generators:

        def main():
            return (yield generators.wait_for(generators.start(child)))

    elif style is coroutines:

        async def main():
            return await coroutines.wait_for(coroutines.start(child))

    else:

        def main():
            return greenlets.wait_for(greenlets.start(child))

    return main


def child_of(style, last):
    """Return a function in that style that sleeps, and then gives what ``last`` gives."""
    if style is generators:

        def child():
            yield generators.sleep(1)
            return last()

    elif style is coroutines:

        async def child():
            await coroutines.sleep(1)
            return last()

    else:

        def child():
            greenlets.sleep(1)
            return last()

    return child


def on_simulated_time(style, main):
    with record("", SimulatedClock()):
        return style.run(main)


@pytest.mark.parametrize("style", [generators, coroutines, greenlets])
def test_a_result_comes_back(style):
    assert on_simulated_time(style, made_of(style, child_of(style, lambda: 42))) == 42


@pytest.mark.parametrize("style", [generators, coroutines, greenlets])
def test_an_error_is_raised_where_the_result_is_waited_for(style):
    with pytest.raises(ExceptionGroup) as caught:
        on_simulated_time(style, made_of(style, child_of(style, lambda: 1 / 0)))
    (error,) = caught.value.exceptions
    assert isinstance(error, ZeroDivisionError)
    assert error.__notes__ == ["in task 'child'", "in task 'main'"]


@pytest.mark.parametrize(("style", "kind"), [(generators, "with a `yield` in it"), (coroutines, "an `async def`")])
def test_a_plain_function_is_no_task_there(style, kind):
    def plain():
        return 5

    with pytest.raises(TypeError, match=rf"{kind}.*; plain\(\) gave 5"):
        style.run(plain)


def test_an_error_in_a_callback_goes_to_nobody():
    seen = []

    def main():
        broken = callbacks.start(lambda: 1 / 0, name="broken")
        callbacks.wait_for(broken, lambda: seen.append(broken.error))

    on_simulated_time(callbacks, main)
    assert isinstance(seen[0], ZeroDivisionError)


def test_a_greenlet_suspends_however_deep_it_is_called():
    def deep(calls):
        greenlets.sleep(2) if calls == 0 else deep(calls - 1)

    with record("", SimulatedClock()) as trace:
        greenlets.run(deep, 50)
    assert trace.duration == 2


def test_what_is_no_greenlet_cannot_be_suspended():
    with pytest.raises(RuntimeError, match="no event loop is running"):
        greenlets.sleep(1)
    with pytest.raises(ExceptionGroup) as caught:
        callbacks_main = lambda: greenlets.sleep(1)  # noqa: E731 - it has no greenlet of its own
        on_simulated_time(callbacks, callbacks_main)
    assert "only a greenlet can be suspended" in str(caught.value.exceptions[0])
