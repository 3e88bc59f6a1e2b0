"""Before Python 3.12, code in which no calls are to be heard of is not slow for long."""

import os
import sys
import threading
import weakref

import pytest

from taketurns import record
from taketurns.recording import calls, of_calls, quiet, recorder

pytestmark = pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 brought sys.monitoring")

#: Steps of a loop that ends much earlier, unless what is tested is broken: so many take some seconds.
MANY = 100_000_000


def read(page="a"):
    return page


def lanes(trace):
    return [name.partition("(")[0].rstrip("0123456789 ").rpartition(".")[2] for name in trace.tasks]


class Clock:
    """The main thread's CPU time, as a test sets it (ns)."""

    now = 0

    def __call__(self):
        return self.now


class Ear:
    """A listener that notes what it is told."""

    def __init__(self):
        self.spent, self.rests, self.told = 0, False, []

    def heard_nothing(self, frame, duration):
        self.told.append((frame.f_code.co_name, duration))


@pytest.fixture
def ear():
    return Ear()


@pytest.fixture
def lookout(ear, monkeypatch):
    """A lookout without a thread, where one event costs 10; a question is not asked, but can be."""
    monkeypatch.setattr(quiet, "_ask", lambda: None)
    lookout = quiet.Lookout(ear, 10)
    lookout._clock = Clock()
    lookout.note()
    yield lookout
    lookout.stop()


@pytest.fixture
def no_thread(monkeypatch):
    monkeypatch.setattr(quiet, "_ask", None)


def answer():
    """Let the question be answered that was asked last, in this function."""
    return bool(quiet._question)


def pass_time(lookout, duration):
    lookout._clock.now += duration
    lookout.look()


def test_where_nothing_was_heard_for_long_enough_that_is_told(lookout, ear):
    pass_time(lookout, quiet.LEAST_NS - 1)
    answer()
    assert ear.told == []
    pass_time(lookout, 1)
    answer()
    assert ear.told == [("answer", quiet.LEAST_NS)]
    answer()
    assert len(ear.told) == 1


def test_some_events_are_next_to_nothing_and_one_more_is_not(lookout, ear):
    ear.spent += quiet.FEW * 10
    pass_time(lookout, quiet.LEAST_NS)
    answer()
    assert len(ear.told) == 1
    ear.spent += quiet.FEW * 10 + 1
    pass_time(lookout, quiet.LEAST_NS)
    answer()
    assert len(ear.told) == 1


def test_what_ran_in_c_until_the_answer_was_not_slow(lookout, ear):
    pass_time(lookout, quiet.LEAST_NS)
    ear.spent += 2 * 10  # its return, and the call of the answer
    answer()
    pass_time(lookout, quiet.LEAST_NS - 1)  # what was before it does not count any more
    answer()
    assert ear.told == []


def test_the_call_of_the_answer_itself_is_no_event(lookout, ear):
    pass_time(lookout, quiet.LEAST_NS)
    ear.spent += 10
    answer()
    assert len(ear.told) == 1


def test_nothing_is_asked_where_the_listener_rests(lookout, ear):
    ear.rests = True
    pass_time(lookout, quiet.LEAST_NS)
    ear.rests = False
    answer()
    pass_time(lookout, quiet.LEAST_NS - 1)  # it was not slow before
    answer()
    assert ear.told == []


def test_nothing_is_asked_twice_before_it_is_answered(lookout, ear, monkeypatch):
    asked = []
    monkeypatch.setattr(quiet, "_ask", lambda: asked.append(1))
    pass_time(lookout, quiet.LEAST_NS)
    pass_time(lookout, quiet.LEAST_NS)
    assert asked == [1]
    answer()
    pass_time(lookout, quiet.LEAST_NS)
    assert asked == [1, 1]


def test_nothing_is_told_after_the_end(lookout, ear):
    pass_time(lookout, quiet.LEAST_NS)
    lookout.stop()
    answer()
    pass_time(lookout, quiet.LEAST_NS)
    answer()
    lookout._work()  # it ends at once
    assert ear.told == []


def test_it_falls_asleep_where_the_listener_rests_on_and_is_woken(lookout, ear):
    lookout._bell.acquire()
    ear.rests = True
    assert [lookout.falls_asleep(), lookout.falls_asleep()] == [False, True]
    ear.rests = False
    lookout.wake()
    assert not lookout._bell.locked()
    lookout.wake()  # once is enough
    assert lookout.falls_asleep() is False


def test_it_does_not_fall_asleep_where_the_listener_has_just_woken(lookout, monkeypatch):
    answers = iter([True, True, False])
    monkeypatch.setattr(Ear, "rests", property(lambda self: next(answers), lambda self, value: None), raising=False)
    assert [lookout.falls_asleep(), lookout.falls_asleep()] == [False, False]


def guarded(on):
    try:
        for _ in range(MANY):
            if on.rests:
                break
        return sys.getprofile()
    except LookupError as error:
        return error


@pytest.mark.usefixtures("no_thread")
def test_while_a_call_begins_nobody_is_disturbed(monkeypatch):
    def slowly_named(*args, **more):
        of_calls._installed[0].heard_nothing(sys._getframe(), 10**12)
        return "read"

    monkeypatch.setattr(calls, "code_name", slowly_named)
    with record() as trace:
        mine = recorder.on
        read()
        read()
    assert lanes(trace).count("read") == 2
    assert mine.calls_merged == ""


@pytest.mark.usefixtures("no_thread")
def test_what_costs_little_goes_on():
    with record() as trace:
        mine, on = recorder.on, of_calls._installed[0]
        on.heard_nothing(sys._getframe(), 1)
        read()
        on.heard_nothing(sys._getframe(), 10**12)
        read()
    assert lanes(trace).count("read") == 1
    assert mine.calls_merged.startswith("after the first 1, ")


class Box:
    pass


@pytest.mark.usefixtures("no_thread")
def test_what_a_variable_held_dies_in_time():
    def drop(on, box):
        try:
            on.heard_nothing(sys._getframe(), 10**12)
            held = weakref.ref(box)
            del box
            return on.rests, held()
        except LookupError as error:
            return error

    with record():
        on = of_calls._installed[0]
        box = Box()
        dropped = drop(on, Box())
        held = weakref.ref(box)
        on.heard_nothing(sys._getframe(), 10**12)
        del box
        left = held()
    assert dropped == (True, None)
    assert left is None


@pytest.mark.usefixtures("no_thread")
def test_what_the_learner_holds_of_the_variables_stays():
    with record():
        page = "a"
        variables = locals()
        of_calls._installed[0].heard_nothing(sys._getframe(), 10**12)
        assert variables["page"] == page


def test_its_thread_is_not_shown_and_ends():
    before = threading.enumerate()
    with record():
        lookout = of_calls._installed[0].lookout
        assert lookout._bell.locked()
        assert threading.enumerate() == before
    assert lookout.is_over
    assert quiet._question.lookout is None


def test_it_is_not_there_where_another_thread_records():
    seen = []

    def recorded():
        with record():
            seen.append(of_calls._installed[0].lookout._bell.locked())

    thread = threading.Thread(target=recorded)
    thread.start()
    thread.join()
    assert seen == [False]


def test_it_is_not_there_in_a_forked_child():
    with record():
        lookout = of_calls._installed[0].lookout
        child = os.fork()
        if child == 0:
            os._exit(not lookout.is_over or quiet._question.lookout is not None)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_ctypes_nobody_is_asked(monkeypatch):
    monkeypatch.setattr(quiet, "ctypes", None)
    assert quiet._asker() is None
    monkeypatch.setattr(quiet, "_ask", None)
    with record() as trace:
        assert not of_calls._installed[0].lookout._bell.locked()
        read()
    assert lanes(trace).count("read") == 1
