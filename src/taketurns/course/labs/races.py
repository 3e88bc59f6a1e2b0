"""Exercises of notebook 04, and whether two waits of a recording overlap."""

from collections import deque
from collections.abc import Callable, Mapping
from queue import Empty
from types import FunctionType
from typing import Any, NamedTuple

from taketurns.course.checks import Exercise
from taketurns.course.deadline import LateError
from taketurns.course.rules import Rule, overlap, part, tasks, when
from taketurns.trace.trace import Trace

__all__ = ["around_the_table", "one_none", "one_of_three", "overlap", "smallest_part"]


# 1

one_of_three = Exercise(
    "Lose one of three",
    of=dict,
    start=when(lambda a: a["balance"] == 300 and not a["skipped"]).say(
        "Nothing is lost yet: the balance is 300. Let two of the three read before the first of them writes."
    ),
    skipped=part(
        lambda a: ", ".join(a["skipped"]),
        when(bool).say(
            "The script could not be followed: nobody could take {answer} in its place. "
            "Each of the six turns stands in it once, and whoever writes must have read before."
        ),
    ),
    balance=part(
        "balance",
        {
            200: None,
            100: "The balance is 100, so two deposits are lost: who writes last had read before anybody wrote. "
            "Let one of the three take both its turns while nobody else is between reading and writing.",
            ...: "The balance is not 200. Does each of the three deposit 100, and once?",
        },
    ),
    solved="Two read the same balance and one of them wrote over the other. The third saw what was written.",
)

# 2


def _replies(trace: Trace) -> int:
    """Return how many replies are awaited at one instant, at most."""
    return trace.peak("WAITING", "timer")


smallest_part = Exercise(
    "The smallest part",
    of=dict,
    start=when(lambda a: a["total"] == len(a["trace"].tasks) == 4 and _replies(a["trace"]) == 1).say(
        "As it stands, the count is right and the replies are awaited one by one. Hold the lock for less."
    ),
    trace=part("trace", tasks(4), no_wait=when(lambda t: not _replies(t)).say("Nothing waits any more. Keep wait().")),
    not_counted=when(lambda a: a["total"] != 4).say(
        "Some visits are not counted: the total is not 4. Between the read of `total` and the write of `total` nobody "
        "else may read. The lock is to be held from the one to the other, in one piece."
    ),
    lock=part(
        "trace",
        no_lock=when(lambda t: not t.only(reason="the lock of total").spans).say(
            "The count is right, and only by luck: nobody took the lock. "
            'Keep with taken("total"), around what touches `total`.'
        ),
        one_by_one=when(lambda t: _replies(t) == 1).say(
            "The count is right, but the replies are still awaited one by one. "
            "What does not touch `total` needs no lock."
        ),
    ),
    solved="The waits overlap, and nothing is lost: only what is shared is done under the lock.",
)

# 3


class _Dinner(NamedTuple):
    """The forks that each philosopher went for, in their order, and whether all are fed."""

    forks: dict[str, list[str]]
    all_fed: bool

    @property
    def firsts(self) -> dict[str, str]:
        return {name.split()[-1]: forks[0] for name, forks in self.forks.items() if forks}

    @property
    def is_circle(self) -> bool:
        """Whether each begins with another fork, so that all can hold one."""
        return len(set(self.firsts.values())) == len(self.firsts)


def _dinner(answer: Mapping[str, Any]) -> _Dinner:
    lanes = answer["trace"].lanes.items()
    reasons = {name: [span.reason.removeprefix("the lock of ") for span in lane] for name, lane in lanes}
    forks = {
        name: [fork for fork in dict.fromkeys(gone_for) if fork.startswith("fork")]
        for name, gone_for in reasons.items()
    }
    return _Dinner(forks, all(answer["fed"]))


def _without_two(dinner: _Dinner) -> tuple[str, int] | None:
    return next(((name, len(forks)) for name, forks in dinner.forks.items() if len(forks) != 2), None)


around_the_table = Exercise(
    "Around the table",
    of=dict,
    start=part(
        _dinner,
        when(lambda d: d.firsts and not d.all_fed and all(f"fork {n}" == f for n, f in d.firsts.items())).say(
            "As it stands, each holds the left fork and wants the right one, so somebody gives up. Change the order."
        ),
    ),
    trace=part("trace", tasks(3)),
    dinner=part(
        _dinner,
        forks=part(
            _without_two, when(bool).say("Forks that {answer[0]} went for: {answer[1]}, not 2. Nobody eats with less.")
        ),
        still_a_circle=when(lambda d: d.is_circle and not d.all_fed).say(
            "Somebody gave up. Each begins with a fork of their own, so all can hold one and want the next: "
            "still a circle, whichever way round. Who has to begin with the same fork as another?"
        ),
        luck=when(lambda d: d.is_circle).say(
            "Nobody gave up this time, but each begins with a fork of their own. All can still hold one and want "
            "another: luck, and no cure."
        ),
        gave_up=when(lambda d: not d.all_fed).say(
            "Somebody gave up, though not all can hold a fork at once. Is the time-out shorter than a meal?"
        ),
    ),
    solved="Two begin with the same fork, so one of them holds none. That opens the circle.",
)

# 4


class _Line:
    """What looks like a queue whose producer is slow: always empty when asked, and get() has the next item."""

    def __init__(self, *items: object) -> None:
        self.items = deque(items)
        self.is_asked = False

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        self.is_asked = True
        if not block:
            raise Empty
        if not self.items:
            raise LateError  # it would wait forever
        return self.items.popleft()

    def get_nowait(self) -> object:
        return self.get(block=False)

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        self.items.append(item)

    put_nowait = put

    def empty(self) -> bool:
        self.is_asked = True
        return True

    def qsize(self) -> int:
        self.is_asked = True
        return 0

    def task_done(self) -> None:
        pass


class _Consumed(NamedTuple):
    """A line, what was to be received from it, and what was; ``Empty`` where the consumer did not wait."""

    line: _Line
    items: list[str]
    received: Any


def _offered(*items: str) -> Callable[[Callable[[_Line], object]], _Consumed]:
    """Return what offers these items to a consumer, and one None."""

    def offer(consume: Callable[[_Line], object]) -> _Consumed:
        line = _Line(*items, None)
        try:
            return _Consumed(line, list(items), consume(line))
        except Empty:
            return _Consumed(line, list(items), Empty)

    return offer


_consumes: dict[str, Rule] = {
    "does_not_wait": when(lambda c: c.received is Empty).say(
        "It does not wait for an item. get() waits; get_nowait() fails where the producer is slow."
    ),
    "no_return": when(lambda c: c.received is None).say(
        "It takes items, and gives none back. Is there a `return` behind the loop?"
    ),
    "no_list": when(lambda c: not isinstance(c.received, list)).say(
        "It gives {answer.received.__class__.__name__}, not a list of the items."
    ),
    "none_is_no_item": when(lambda c: None in c.received).say(
        "There is None in what it gives. None is no item; it says that no more comes."
    ),
    "too_early": when(lambda c: c.items and not c.received).say(
        "It ends before the first item. A queue is empty also while the producer is busy: "
        "only None says that no more comes."
    ),
    "other_items": when(lambda c: c.received != c.items).say(
        "It was to receive {answer.items}, and gives {answer.received}."
    ),
    "keeps_the_none": when(lambda c: list(c.line.items) != [None]).say(
        "The items are right, but the line is left without its None. There is one for two consumers: "
        "the other would wait forever. Put it back."
    ),
}

one_none = Exercise(
    "One None, two consumers",
    part(_offered("a", "b", "c", "d", "e"), **_consumes),
    part(_offered(), **_consumes),
    of=FunctionType,
    start=part(
        _offered("a"),
        when(lambda c: c.received in (None, ...) and not c.line.is_asked).say(
            "consume() does nothing yet. Take items until None comes."
        ),
    ),
    late="It does not end. When None has come, nothing else will: go on waiting, and you wait forever.",
    solved="Whoever finds the None leaves it for the next, and every consumer ends.",
)
