"""Exercises of notebook 04: the answer that the starter cell holds, typical wrong answers, and a right one."""

from queue import Empty

import pytest
from answers import RUNNING, WAITING, trace

from taketurns import Span, Trace
from taketurns.course.labs import races
from taketurns.course.labs.races import most_at_once, overlap


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
    ("exercise", "answer", "sign", "said"),
    [
        (races.one_of_three, lost(300), "…", "Nothing is lost yet"),
        (races.one_of_three, lost(100), "✗", "two deposits are lost"),
        (races.one_of_three, lost(200, "A writes"), "✗", "nobody could take A writes in its place"),
        (races.one_of_three, lost(300, "A writes", "B reads"), "✗", "A writes, B reads"),
        (races.one_of_three, lost(0), "✗", "not 200"),
        (races.one_of_three, lost(200), "✓", "The third saw"),
        (races.smallest_part, visits(4, *apart), "…", "As it stands"),
        (races.smallest_part, visits(1, *together), "✗", "in one piece"),
        (races.smallest_part, visits(3, *apart), "✗", "in one piece"),
        (races.smallest_part, visits(4, *together[:3]), "✗", "Tasks in your recording: 3"),
        (races.smallest_part, {"trace": trace(*[[(RUNNING, 0, 1)]] * 4), "total": 4}, "✗", "Keep wait()"),
        (races.smallest_part, visits(4, *together, lock="no lock"), "✗", "nobody took the lock"),
        (races.smallest_part, visits(4, *together), "✓", "only what is shared"),
        (races.around_the_table, dinner(hungry, (0, 1), (1, 2), (2, 0)), "…", "Change the order"),
        (races.around_the_table, dinner(hungry, (1, 0), (2, 1), (0, 2)), "✗", "still a circle"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (2, 0)), "✗", "luck, and no cure"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (2,)), "✗", "philosopher 2 went for: 1, not 2"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2)), "✗", "Tasks in your recording: 2"),
        (races.around_the_table, dinner(hungry, (0, 1), (1, 2), (0, 2)), "✗", "shorter than a meal"),
        (races.around_the_table, dinner(fed, (0, 1), (1, 2), (0, 2)), "✓", "opens the circle"),
        (races.around_the_table, dinner(fed, (1, 0), (2, 1), (2, 0)), "✓", "opens the circle"),
        (races.one_none, untouched, "…", "does nothing yet"),
        (races.one_none, right(races._Line("a", None)), "✗", "not a function"),
        (races.one_none, without_return, "✗", "Is there a `return`"),
        (races.one_none, keeps_the_none, "✗", "Put it back"),
        (races.one_none, until_it_is_empty, "✗", "empty also while the producer is busy"),
        (races.one_none, while_there_are_some, "✗", "empty also while the producer is busy"),
        (races.one_none, five, "✗", "It does not end"),
        (races.one_none, takes_the_none, "✗", "There is None in what it gives"),
        (races.one_none, never_ends, "✗", "It does not end"),
        (races.one_none, goes_round, "✗", "It does not end"),
        (races.one_none, waits_until_it_is_not_empty, "✗", "It does not end"),
        (races.one_none, does_not_wait, "✗", "does not wait for an item"),
        (races.one_none, asks_once, "✗", "It ends before the first item"),
        (races.one_none, one_too_few, "✗", "It was to receive"),
        (races.one_none, as_text, "✗", "It gives str"),
        (races.one_none, right, "✓", "every consumer ends"),
        (races.one_none, with_task_done, "✓", "every consumer ends"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, said):
    verdict = exercise.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_most_at_once_counts_those_with_a_reason():
    lanes = [[(WAITING, 0, 2, "a")], [(WAITING, 1, 3, "a")], [(WAITING, 2, 3, "a")], [(WAITING, 0, 3, "b")]]
    assert most_at_once(trace(*lanes), "a") == 2
    assert most_at_once(trace(*lanes), "c") == 0


def test_spans_overlap_where_they_share_more_than_an_edge():
    one, two, three = trace([(WAITING, 0, 1)], [(WAITING, 1, 3)], [(WAITING, 2, 4)]).spans
    assert overlap([one, two], [three])
    assert not overlap([one], [two, three])
