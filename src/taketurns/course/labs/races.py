"""Exercises of notebook 04, and two counts of what a recording shows of a lock or a queue."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from queue import Empty
from types import FunctionType
from typing import Any

from taketurns.course.checks import Check, Exercise, rule, tasks
from taketurns.trace.spans import Span
from taketurns.trace.trace import Trace

__all__ = ["around_the_table", "most_at_once", "one_none", "one_of_three", "overlap", "smallest_part"]


def most_at_once(trace: Trace, reason: str) -> int:
    """Count the most tasks that are at one instant not running for that reason."""
    spans = [span for span in trace.spans if span.reason == reason]
    return max((sum(other.start <= span.start < other.end for other in spans) for span in spans), default=0)


def overlap(spans: Iterable[Span], others: Iterable[Span]) -> bool:
    """Return whether one of the spans and one of the others share an instant."""
    others = list(others)
    return any(max(one.start, other.start) < min(one.end, other.end) for one in spans for other in others)


def _of(key: str, check: Check) -> Check:
    """Return the rule that one part of an answer keeps a rule."""
    return lambda answer: check(answer[key])


# 1


def _followed(answer: Mapping[str, Any]) -> str | None:
    """Every turn was taken in its place."""
    if not answer["skipped"]:
        return None
    named = ", ".join(answer["skipped"])
    return (
        f"The script could not be followed: nobody could take {named} in its place. "
        "Each of the six turns stands in it once, and whoever writes must have read before."
    )


one_of_three = Exercise(
    "Lose one of three",
    _followed,
    rule(
        lambda answer: answer["balance"] != 100,
        "The balance is 100, so two deposits are lost: who writes last had read before anybody wrote. "
        "Let one of the three take both its turns while nobody else is between reading and writing.",
    ),
    rule(
        lambda answer: answer["balance"] == 200, "The balance is not 200. Does each of the three deposit 100, and once?"
    ),
    of=dict,
    start=rule(
        lambda answer: answer["balance"] != 300 or answer["skipped"],
        "Nothing is lost yet: the balance is 300. Let two of the three read before the first of them writes.",
    ),
    solved="Two read the same balance and one of them wrote over the other. The third saw what was written.",
)

# 2

_waits_of = _of("trace", lambda trace: None if most_at_once(trace, "timer") else "Nothing waits any more. Keep wait().")

smallest_part = Exercise(
    "The smallest part",
    _of("trace", tasks(4)),
    _waits_of,
    rule(
        lambda answer: answer["total"] == 4,
        "Some visits are not counted: the total is not 4. Between the read of `total` and the write of `total` nobody "
        "else may read. The lock is to be held from the one to the other, in one piece.",
    ),
    _of(
        "trace",
        rule(
            lambda trace: any(span.reason == "the lock of total" for span in trace.spans),
            "The count is right, and only by luck: nobody took the lock. "
            'Keep with taken("total"), around what touches `total`.',
        ),
    ),
    rule(
        lambda answer: most_at_once(answer["trace"], "timer") > 1,
        "The count is right, but the replies are still awaited one by one. What does not touch `total` needs no lock.",
    ),
    of=dict,
    start=rule(
        lambda answer: (
            answer["total"] != 4 or len(answer["trace"].tasks) != 4 or most_at_once(answer["trace"], "timer") != 1
        ),
        "As it stands, the count is right and the replies are awaited one by one. Hold the lock for less.",
    ),
    solved="The waits overlap, and nothing is lost: only what is shared is done under the lock.",
)

# 3


def _forks(trace: Trace) -> dict[str, list[str]]:
    """Return the locks that each task went for, in their order."""
    gone_for: dict[str, list[str]] = {}
    for name in trace.tasks:
        reasons = [span.reason for span in trace.lane(name) if span.reason.startswith("the lock of ")]
        gone_for[name] = list(dict.fromkeys(reasons))
    return gone_for


def _two_forks(answer: Mapping[str, Any]) -> str | None:
    """Everybody went for two."""
    for name, forks in _forks(answer["trace"]).items():
        if len(forks) != 2:
            return f"Forks that {name} went for: {len(forks)}, not 2. Nobody eats with less."
    return None


def _firsts(answer: Mapping[str, Any]) -> list[str]:
    return [forks[0] for forks in _forks(answer["trace"]).values() if forks]


def _circle(answer: Mapping[str, Any]) -> bool:
    """Return whether each begins with another fork, so that all can hold one."""
    return len(set(_firsts(answer))) == len(_firsts(answer))


def _as_it_stands(answer: Mapping[str, Any]) -> bool:
    """Return whether each begins with the fork of the same number, and somebody gave up."""
    firsts = {name.split()[-1]: forks[0].split()[-1] for name, forks in _forks(answer["trace"]).items() if forks}
    return bool(firsts) and all(seat == fork for seat, fork in firsts.items()) and not all(answer["fed"])


around_the_table = Exercise(
    "Around the table",
    _of("trace", tasks(3)),
    _two_forks,
    rule(
        lambda answer: not (_circle(answer) and not all(answer["fed"])),
        "Somebody gave up. Each begins with a fork of their own, so all can hold one and want the next: "
        "still a circle, whichever way round. Who has to begin with the same fork as another?",
    ),
    rule(
        lambda answer: not _circle(answer),
        "Nobody gave up this time, but each begins with a fork of their own. All can still hold one and want "
        "another: luck, and no cure.",
    ),
    rule(
        lambda answer: all(answer["fed"]),
        "Somebody gave up, though not all can hold a fork at once. Is the time-out shorter than a meal?",
    ),
    of=dict,
    start=rule(
        lambda answer: not _as_it_stands(answer),
        "As it stands, each holds the left fork and wants the right one, so somebody gives up. Change the order.",
    ),
    solved="Two begin with the same fork, so one of them holds none. That opens the circle.",
)

# 4


class _Stuck(Exception):  # noqa: N818 - it is no error of the check
    """The consumer would not have ended."""


class _Line:
    """What looks like a queue whose producer is slow: always empty when asked, and get() has the next item."""

    def __init__(self, *items: object) -> None:
        self.items = deque(items)
        self.asked = 0

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        self._count()
        if not block:
            raise Empty
        if not self.items:
            raise _Stuck
        return self.items.popleft()

    def get_nowait(self) -> object:
        return self.get(block=False)

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:
        self.items.append(item)

    put_nowait = put

    def empty(self) -> bool:
        self._count()
        return True

    def qsize(self) -> int:
        self._count()
        return 0

    def task_done(self) -> None:
        pass

    def _count(self) -> None:
        self.asked += 1
        if self.asked > 1000:
            raise _Stuck


def _untouched(consume: Callable[[_Line], object]) -> bool:
    """Return whether a consumer does nothing at all."""
    line = _Line("a", None)
    try:
        return consume(line) in (None, ...) and line.asked == 0
    except Exception:  # noqa: BLE001 - the rules say what is wrong
        return False


def _consumes(*items: str) -> Check:
    """Return the rule that a consumer gives these items, and leaves the one None for the next consumer."""

    def check(consume: Callable[[_Line], object]) -> str | None:
        line = _Line(*items, None)
        try:
            received = consume(line)
        except _Stuck:
            return "It does not end. When None has come, nothing else will: go on waiting, and you wait forever."
        except Empty:
            return "It does not wait for an item. get() waits; get_nowait() fails where the producer is slow."
        if received is None:
            return "It takes items, and gives none back. Is there a `return` behind the loop?"
        if not isinstance(received, list):
            return f"It gives {type(received).__name__}, not a list of the items."
        if None in received:
            return "There is None in what it gives. None is no item; it says that no more comes."
        if items and not received:
            return (
                "It ends before the first item. A queue is empty also while the producer is busy: "
                "only None says that no more comes."
            )
        if received != list(items):
            return f"It was to receive {list(items)}, and gives {received}."
        if list(line.items) != [None]:
            return (
                "The items are right, but the line is left without its None. There is one for two consumers: "
                "the other would wait forever. Put it back."
            )
        return None

    return check


one_none = Exercise(
    "One None, two consumers",
    _consumes("a", "b", "c", "d", "e"),
    _consumes(),
    of=FunctionType,
    start=rule(lambda consume: not _untouched(consume), "consume() does nothing yet. Take items until None comes."),
    solved="Whoever finds the None leaves it for the next, and every consumer ends.",
)
