"""Exercises of notebook 04: the answer that the starter cell holds, typical wrong answers, and a right one."""

from queue import Empty

import pytest
from answers import RUNNING, WAITING, trace

from taketurns import Span, Trace
from taketurns.course import checks
from taketurns.course.labs import races
from taketurns.course.labs.races import overlap


def lost(balance, *skipped):
    return {"balance": balance, "skipped": skipped}


def visits(total, *waits, lock="the lock of total"):
    """What exercise 2 hands in: waits for a reply at these times, then for the lock, and the count."""
    lanes = [[(WAITING, *times, "timer"), (WAITING, times[1], times[1] + 0.1, lock)] for times in waits]
    return {"trace": trace(*lanes), "total": total}


apart, together = [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 1)] * 4


def dinner(fed, *forks):
    """What exercise 3 hands in: the numbers of the forks that each philosopher goes for, in their order."""
    spans = [
        Span(f"philosopher {seat}", WAITING, f"thread {seat}", at, at + 1, f"the lock of fork {fork}")
        for seat, gone_for in enumerate(forks)
        for at, fork in enumerate(gone_for)
    ]
    return {"trace": Trace("a dinner", tuple(spans)), "fed": fed}


fed, hungry = [True, True, True], [False, True, True]


def right(line):
    received = list(iter(line.get, None))
    line.put(None)
    return received


def with_task_done(line):
    received = []
    while (item := line.get(timeout=5)) is not None:
        received.append(item)
        line.task_done()
    line.put_nowait(None)
    return received


def untouched(line):
    return ...


def without_return(line):
    list(iter(line.get, None))
    line.put(None)


def keeps_the_none(line):
    return list(iter(line.get, None))


def until_it_is_empty(line):
    received = []
    while not line.empty():
        received.append(line.get())
    return received


def while_there_are_some(line):
    return [line.get() for _ in range(line.qsize())]


def five(line):
    received = [line.get() for _ in range(5)]
    line.put(line.get())
    return received


def takes_the_none(line):
    received = []
    while True:
        received.append(line.get())
        if received[-1] is None:
            line.put(None)
            return received


def never_ends(line):
    while True:
        line.get()


def goes_round(line):
    while True:
        if (item := line.get()) is None:
            line.put(item)


def waits_until_it_is_not_empty(line):
    while line.empty():
        pass


def does_not_wait(line):
    return [line.get_nowait()]


def one_too_few(line):
    return right(line)[1:]


def as_text(line):
    return "".join(right(line))


def asks_once(line):
    try:
        return [line.get(block=False)]
    except Empty:
        return []


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (races.one_of_three, lost(300), "…", "start"),
        (races.one_of_three, lost(100), "✗", "100"),
        (races.one_of_three, lost(200, "A writes"), "✗", "skipped"),
        (races.one_of_three, lost(300, "A writes", "B reads"), "✗", "skipped"),
        (races.one_of_three, lost(0), "✗", "other"),
        (races.one_of_three, lost(200), "✓", "right"),
        (races.smallest_part, visits(4, *apart), "…", "start"),
        (races.smallest_part, visits(1, *together), "✗", "not_counted"),
        (races.smallest_part, visits(3, *apart), "✗", "not_counted"),
        (races.smallest_part, visits(4, *together[:3]), "✗", "tasks"),
        (races.smallest_part, {"trace": trace(*[[(RUNNING, 0, 1)]] * 4), "total": 4}, "✗", "no_wait"),
        (races.smallest_part, visits(4, *together, lock="no lock"), "✗", "no_lock"),
        (races.smallest_part, visits(4, *together), "✓", "right"),
        (races.around_the_table, dinner(hungry, (0, 1), (1, 2), (2, 0)), "…", "start"),
        (races.around_the_table, dinner(hungry, (1, 0), (2, 1), (0, 2)), "✗", "still_a_circle"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (2, 0)), "✗", "luck"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (2,)), "✗", "forks"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2)), "✗", "tasks"),
        (races.around_the_table, dinner(hungry, (0, 1), (1, 2), (0, 2)), "✗", "gave_up"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (0, 2)), "✓", "right"),
        (races.around_the_table, dinner(fed, (1, 0), (2, 1), (2, 0)), "✓", "right"),
        (races.one_none, untouched, "…", "start"),
        (races.one_none, right(races._Line("a", None)), "✗", "kind"),
        (races.one_none, without_return, "✗", "no_return"),
        (races.one_none, keeps_the_none, "✗", "keeps_the_none"),
        (races.one_none, until_it_is_empty, "✗", "too_early"),
        (races.one_none, while_there_are_some, "✗", "too_early"),
        (races.one_none, five, "✗", "late"),
        (races.one_none, takes_the_none, "✗", "none_is_no_item"),
        (races.one_none, never_ends, "✗", "late"),
        (races.one_none, does_not_wait, "✗", "does_not_wait"),
        (races.one_none, asks_once, "✗", "too_early"),
        (races.one_none, one_too_few, "✗", "other_items"),
        (races.one_none, as_text, "✗", "no_list"),
        (races.one_none, right, "✓", "right"),
        (races.one_none, with_task_done, "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict


@pytest.mark.parametrize("consume", [goes_round, waits_until_it_is_not_empty])
def test_a_consumer_that_goes_round_for_ever_is_ended(consume, monkeypatch):
    monkeypatch.setattr(checks, "SECONDS", 0.05)
    assert races.one_none.verdict(consume)[:2] == ("✗", "late")


def test_spans_overlap_where_they_share_more_than_an_edge():
    one, two, three = trace([(WAITING, 0, 1)], [(WAITING, 1, 3)], [(WAITING, 2, 4)]).spans
    assert overlap([one, two], [three])
    assert not overlap([one], [two, three])
