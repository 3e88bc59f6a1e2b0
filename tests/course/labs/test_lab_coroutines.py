"""Exercises of notebook 08: the answer that the starter cell holds, typical wrong answers, and a right one."""

import asyncio

import pytest
from answers import READY, RUNNING, WAITING

from taketurns import Span, Trace
from taketurns.course.labs import coroutines as lab


def lanes(**tasks):
    """A trace with a lane for each name, from lists of (state, start, end)."""
    spans = [
        Span(name.replace("_", " "), state, "main thread", start, end)
        for name, lane in tasks.items()
        for state, start, end in lane
    ]
    return Trace("an answer", tuple(spans))


def kettle(filled, hot, poured):
    return [(RUNNING, filled, filled + 1), (WAITING, filled + 1, hot), (RUNNING, poured, poured + 0.5)]


IN_A_ROW = [*kettle(0, 4, 4), *kettle(4.5, 7.5, 7.5), *kettle(8, 13, 13)]
THREE = {"kettle": kettle(0, 4, 4), "kettle_1": kettle(1, 4, 4.5), "kettle_2": kettle(2, 7, 7)}
AWAITED_AT_ONCE = {"kettle": kettle(0, 4, 4), "kettle_1": kettle(4.5, 7.5, 7.5), "kettle_2": kettle(8, 13, 13)}
BLOCKED = {name: [(READY, 0, lane[0][1]), *lane] for name, lane in AWAITED_AT_ONCE.items()}
GIVEN_UP = {"kettle": [(RUNNING, 0, 1), (WAITING, 1, 2)], "kettle_1": [(RUNNING, 1, 2)]}

LINES = {
    "await asyncio.sleep(3)": "gives up",
    "await asyncio.sleep(0)": "gives up",
    "await fill('A')": "keeps",
    "fill('A')": "keeps",
    "asyncio.create_task(fill('A'))": "keeps",
    "time.sleep(3)": "keeps",
}


class Empty:
    def __init__(self, seconds):
        self.seconds = seconds

    def __await__(self): ...


class NoMethod:
    def __init__(self, seconds):
        self.seconds = seconds


class Async(NoMethod):
    async def __await__(self):
        return "hot"


class Returns(NoMethod):
    def __await__(self):
        return self.seconds


class NeverStops(NoMethod):
    def __await__(self):
        return iter(())


class YieldsItself(NoMethod):
    def __await__(self):
        yield self
        return "hot"


class YieldsNothing(NoMethod):
    def __await__(self):
        yield
        return "hot"


class YieldsText(NoMethod):
    def __await__(self):
        yield "hot"


class OneSecond(NoMethod):
    def __await__(self):
        yield 1
        return "hot"


class ThreeSeconds(NoMethod):
    def __await__(self):
        yield 3
        return "hot"


class Future(NoMethod):
    def __await__(self):
        loop = asyncio.new_event_loop()
        try:
            return loop.create_future().__await__()
        finally:
            loop.close()


class ForEver(NoMethod):
    def __await__(self):
        while True:
            yield self.seconds


class GivesNothing(NoMethod):
    def __await__(self):
        yield self.seconds


class GivesSeconds(NoMethod):
    def __await__(self):
        return (yield self.seconds) or self.seconds


class NoSeconds:
    def __await__(self):
        yield 3


class Right(NoMethod):
    def __await__(self):
        yield self.seconds
        return "hot"


class SecondBySecond(NoMethod):
    def __await__(self):
        for _ in range(self.seconds):
            yield 1
        return "hot"


KITCHEN = [(RUNNING, 0, 0), (WAITING, 0, 9.5), (RUNNING, 9.5, 9.5)]


def kitchen(poured, dishes):
    return lanes(kitchen=KITCHEN, kettle_A=kettle(0, 4, poured), dishes=dishes)


def dishes(*starts):
    return [(RUNNING, start, start + 1) for start in starts]


POLITE = dishes(1, 2, 3, 4, 5, 6.5, 7.5, 8.5)


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (lab.three_tasks, lanes(main_1=IN_A_ROW), "…", "start"),
        (lab.three_tasks, lanes(main_1=[(RUNNING, 0, 0)]), "✗", "nothing_runs"),
        (lab.three_tasks, lanes(main_1=kettle(0, 4, 4)), "✗", "one_task"),
        (lab.three_tasks, lanes(main_1=[(RUNNING, 0, 0)], **GIVEN_UP), "✗", "canceled"),
        (lab.three_tasks, lanes(main_1=[(WAITING, 0, 13.5)], **AWAITED_AT_ONCE), "✗", "in_disguise"),
        (lab.three_tasks, lanes(main_1=[(WAITING, 0, 13.5)], **BLOCKED), "✗", "blocked"),
        (lab.three_tasks, lanes(**THREE, again=kettle(3, 8, 8)), "✗", "too_often"),
        (
            lab.three_tasks,
            lanes(a=kettle(0, 4, 4), b=kettle(1, 4, 4.5), main_1=kettle(5, 9, 9)),
            "✗",
            "duration",
        ),
        (lab.three_tasks, lanes(main_1=[(WAITING, 0, 7.5)], **THREE), "✓", "right"),
        (lab.gives_up_control, dict.fromkeys(LINES, ...), "…", "todo"),
        (lab.gives_up_control, {**LINES, "time.sleep(3)": ...}, "…", "blanks"),
        (lab.gives_up_control, {**LINES, "await asyncio.sleep(3)": "keeps"}, "✗", "await asyncio.sleep(3): keeps"),
        (lab.gives_up_control, {**LINES, "await asyncio.sleep(0)": "keeps"}, "✗", "await asyncio.sleep(0): keeps"),
        (lab.gives_up_control, {**LINES, "await fill('A')": "gives up"}, "✗", "await fill('A'): gives up"),
        (lab.gives_up_control, {**LINES, "fill('A')": "gives up"}, "✗", "fill('A'): gives up"),
        (
            lab.gives_up_control,
            {**LINES, "asyncio.create_task(fill('A'))": "gives up"},
            "✗",
            "asyncio.create_task(fill('A')): gives up",
        ),
        (lab.gives_up_control, {**LINES, "time.sleep(3)": "gives up"}, "✗", "time.sleep(3): gives up"),
        (lab.gives_up_control, LINES, "✓", "right"),
        (lab.whistle, Empty, "…", "start"),
        (lab.whistle, Right(3), "✗", "no_class"),
        (lab.whistle, NoMethod, "✗", "no_await"),
        (lab.whistle, Async, "✗", "coroutine"),
        (lab.whistle, Returns, "✗", "value"),
        (lab.whistle, NeverStops, "✗", "never_stops"),
        (lab.whistle, YieldsItself, "✗", "itself"),
        (lab.whistle, YieldsNothing, "✗", "itself"),
        (lab.whistle, YieldsText, "✗", "no_number"),
        (lab.whistle, OneSecond, "✗", "other_seconds"),
        (lab.whistle, ThreeSeconds, "✗", "other_seconds"),
        (lab.whistle, Future, "✗", "future"),
        (lab.whistle, ForEver, "✗", "other_seconds"),
        (lab.whistle, GivesNothing, "✗", "None"),
        (lab.whistle, GivesSeconds, "✗", "other"),
        (lab.whistle, NoSeconds, "✗", "unreadable"),
        (lab.whistle, Right, "✓", "right"),
        (lab.whistle, SecondBySecond, "✓", "right"),
        (lab.make_way, kitchen(9, [(READY, 0, 1), (RUNNING, 1, 9)]), "…", "start"),
        (lab.make_way, kitchen(9, [(RUNNING, 1, 1), (RUNNING, 1, 9)]), "✗", "too_late"),
        (lab.make_way, lanes(kettle_A=kettle(0, 4, 4)), "✗", "other_tasks"),
        (lab.make_way, kitchen(4, [(RUNNING, 1, 1), (WAITING, 1, 9)]), "✗", "other_work"),
        (lab.make_way, lanes(kettle_A=[(WAITING, 0, 4)], dishes=dishes(*range(8))), "✗", "not_poured"),
        (lab.make_way, kitchen(8, dishes(1, 2, 3, 4, 5, 6, 7, 8.5)), "✗", "too_late"),
        (lab.make_way, kitchen(4, dishes(*range(1, 17, 2))), "✗", "sleeps"),
        (lab.make_way, kitchen(6, POLITE), "✓", "right"),
    ],
)
def test_an_answer_is_told_what_is_behind_it(exercise, answer, sign, key):
    verdict = exercise.verdict(answer)
    assert verdict[:2] == (sign, key), verdict
