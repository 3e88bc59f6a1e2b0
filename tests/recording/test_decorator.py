"""``@record("label")``: each call of a function is a recording of its own."""

import asyncio
import functools
import inspect

import pytest

from taketurns import SimulatedClock, compute, record
from taketurns.recording import calls

RUNNING = "RUNNING"


@pytest.fixture(autouse=True)
def free(monkeypatch):
    monkeypatch.setattr(calls, "FREE_NS", 10**9)  # what it costs to tell calls apart is no matter here


def read(page):
    compute(0.001)
    return page


def test_each_call_is_recorded_and_the_result_stays_what_it_is():
    @record("pages")
    def pages(count):
        """Read."""
        return [read(page) for page in range(count)]

    assert pages.trace is None
    assert pages(3) == [0, 1, 2]
    first = pages.trace
    assert (first.label, first.tasks) == ("pages", ("read(0)", "read(1)", "read(2)"))
    assert pages(1) == [0]
    assert pages.trace.tasks == ("read(0)",)
    assert first.tasks == ("read(0)", "read(1)", "read(2)")
    assert (pages.__name__, pages.__doc__) == ("pages", "Read.")


def test_a_coroutine_function():
    async def job(number):
        await asyncio.sleep(0)
        return number

    @record("jobs")
    async def jobs():
        read(7)
        return await asyncio.gather(job(1), job(2))

    assert inspect.iscoroutinefunction(jobs)
    assert asyncio.run(jobs()) == [1, 2]
    assert set(jobs.trace.tasks) == {"read(7)", "job(1)", "job(2)"}


def test_a_call_of_itself_belongs_to_the_recording():
    @record("factorial")
    def factorial(number):
        read(number)
        return number * factorial(number - 1) if number else 1

    assert factorial(3) == 6
    assert len(factorial.trace.tasks) >= 1
    assert not factorial.trace.is_on


def test_two_calls_at_once_are_one_recording():
    @record("both")
    async def both(number):
        await asyncio.sleep(0)
        return number

    async def main():
        return await asyncio.gather(both(1), both(2))

    assert asyncio.run(main()) == [1, 2]
    assert not both.trace.is_on


def test_an_error_is_raised_and_the_trace_says_so():
    @record("broken")
    def broken():
        read(1)
        raise LookupError("no such page")

    with pytest.raises(LookupError, match="no such page"):
        broken()
    assert broken.trace.tasks == ("read(1)",)
    assert broken.trace.cut_short == "LookupError: no such page"
    with pytest.raises(LookupError):
        broken()  # it is recorded again


def test_methods_partials_clocks_and_arguments():
    class Kitchen:
        @record("kitchen", SimulatedClock(), arguments=False)
        def cook(self, minutes):
            compute(60 * minutes)

    clock = SimulatedClock()
    with clock.in_use():
        timed = record("timed", clock)(functools.partial(compute, 60))
        timed()
    assert timed.trace.duration == 60
    assert Kitchen.cook.trace is None


def test_inside_of_another_recording_it_is_refused():
    @record("inner")
    def inner():
        pass

    with record("outer"):
        with pytest.raises(RuntimeError, match="a recording is on already"):
            inner()
    inner()


def generator():
    yield 1


async def asynchronous_generator():
    yield 1


@pytest.mark.parametrize("function", [generator, asynchronous_generator])
def test_a_generator_is_refused_with_what_to_do(function):
    with pytest.raises(TypeError, match=r"Put `with record\(\)` around the loop"):
        record("pages")(function)


@pytest.mark.parametrize("function", [int, 3, "label", None])
def test_what_is_no_function_is_refused(function):
    with pytest.raises(TypeError, match="goes before a function"):
        record("pages")(function)


def test_without_a_label_it_needs_its_brackets():
    with pytest.raises(TypeError, match="takes a label"):

        @record
        def function():
            pass
