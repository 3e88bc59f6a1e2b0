"""Exercises of notebook 15: the answer that the starter cell holds, typical wrong answers, and a right one."""

import pytest
from answers import READY, RUNNING, WAITING
from matplotlib import pyplot as plt

from taketurns import Span, Trace
from taketurns.course.labs import choosing as lab
from taketurns.pictures import sketch

RIGHT = {
    "scraper": "threads",
    "thumbnails": "threads",
    "chat server": "asyncio",
    "numeric loop": "processes",
    "window": "asyncio + threads",
    "nightly batch": "asyncio + processes",
}


def recording(*spans, gil="on"):
    return Trace("an answer", tuple(Span(*span) for span in spans), {"gil": gil})


# Six programs. What is run is told, and not run.

LANES = {
    "threads": [("part 0", RUNNING, "thread 1", 0, 1), ("part 1", READY, "thread 2", 0, 1, "GIL")],
    "asyncio": [("redraw", RUNNING, "main thread", 0, 0.1), ("report 0", WAITING, "main thread", 0.1, 0.4)],
}


@pytest.fixture
def runs(monkeypatch):
    asked = []

    def run(name, choice, count=0):
        asked.append((name, choice, count))
        return recording(*LANES.get(choice, [("page 0", WAITING, "thread 1", 0, 1)]), gil=run.gil)

    run.gil = "on"
    monkeypatch.setattr(lab, "run", run)
    run.asked = asked
    yield run
    plt.close("all")


@pytest.mark.parametrize(
    ("answer", "sign", "said"),
    [
        (dict.fromkeys(RIGHT, ...), "…", "Nothing is decided yet"),
        (RIGHT | {"window": ...}, "…", "no answer yet for window"),
        ("threads", "✗", "not a dictionary"),
        ({"scraper": "threads"}, "✗", "thumbnails: This one has no answer"),
        (RIGHT | {"scraper": "magic"}, "✗", "'magic' is none of the choices"),
        (RIGHT | {"scraper": 3}, "✗", "3 is none of the choices"),
        (RIGHT | {"scraper": "asyncio"}, "✗", "This library blocks"),
        (RIGHT | {"scraper": "one after another"}, "✗", "at most 1 page was in progress"),
        (RIGHT | {"scraper": "processes"}, "✗", "more than it takes: 1 processes for waits"),
        (RIGHT | {"thumbnails": "asyncio"}, "✗", "nothing to await"),
        (RIGHT | {"chat server": "threads"}, "✗", "2 guests kept 2 threads"),
        (RIGHT | {"numeric loop": "threads"}, "✗", "at most 1 ran: they were ready for 1.00 s"),
        (RIGHT | {"numeric loop": "asyncio + threads"}, "✗", "with or without a loop"),
        (RIGHT | {"window": "asyncio"}, "✗", "0 redraws while it waited"),
        (RIGHT | {"window": "processes"}, "✗", "a thread of this one can carry"),
        (RIGHT | {"nightly batch": "threads"}, "✗", "The computing takes turns"),
        (RIGHT | {"nightly batch": "processes"}, "✗", "hundreds of them"),
        (RIGHT, "✓", "Each ran as you decided"),
        (RIGHT | {"thumbnails": "processes"}, "✓", "Each ran as you decided"),
        (RIGHT | {"window": " Threads "}, "✓", "Each ran as you decided"),
    ],
)
def test_each_decision_is_told_what_is_behind_it(runs, answer, sign, said):
    verdict = lab.six_programs.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_a_wrong_choice_is_drawn_beside_a_right_one_with_as_many_tasks(runs):
    lab.six_programs.verdict(RIGHT | {"thumbnails": "asyncio"})
    assert runs.asked == [("scraper", "threads", 0), ("thumbnails", "asyncio", 0), ("thumbnails", "threads", 1)]
    assert len(plt.get_fignums()) == 1
    assert list(lab.tried) == ["scraper", "thumbnails"]


def test_right_choices_are_run_once_each_and_nothing_is_drawn(runs):
    lab.six_programs.verdict(RIGHT)
    assert [(name, choice) for name, choice, _ in runs.asked] == list(RIGHT.items())
    assert plt.get_fignums() == []
    assert list(lab.tried) == list(RIGHT)


@pytest.mark.parametrize("changed", [{"numeric loop": "threads"}, {"nightly batch": "asyncio + threads"}])
def test_without_a_gil_threads_compute(runs, changed):
    runs.gil = "off"
    assert lab.six_programs.verdict(RIGHT | changed).line.startswith("✓")


# The tipping point


@pytest.mark.parametrize(
    ("answer", "sign", "said"),
    [
        (..., "…", "Nothing to check yet"),
        ("a quarter", "✗", "not a whole number"),
        (20, "✗", "20 is none of the shares"),
        (0, "✗", "0.40 s, and asyncio + processes 0.40 s. That is not yet"),
        (15, "✗", "threads take 0.82 s, and asyncio + processes 0.46 s. That is not yet"),
        (50, "✗", "so it is at a smaller share"),
        (100, "✗", "counts eight times"),
        (25, "✓", "Under one GIL"),
    ],
)
def test_the_tipping_point(answer, sign, said):
    verdict = lab.tipping_point.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


# The night shift

TICKS = [("clock", RUNNING, "main thread", at / 10, at / 10 + 0.01) for at in range(10)]
ALL_AT_ONCE = [(0, 0.25)] * 4
IN_A_ROW = [(0, 0.25), (0.4, 0.65), (0.8, 1.05), (1.2, 1.45)]
TWO_BY_TWO = [(0.3, 0.5), (0.3, 0.5), (0.5, 0.7), (0.5, 0.7)]
ONE_BY_ONE = [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (0.6, 0.7)]
TWO_PROCESSES = ["process 0, thread 1", "process 1, thread 1"] * 2


def night(fetched=ALL_AT_ONCE, forecasts=TWO_BY_TWO, workers=TWO_PROCESSES, ticks=TICKS, gil="on"):
    """A night: when each town is waited for, when its forecast is computed, by whom, and when the clock ticks."""
    spans = [(f"fetch {town}", WAITING, "main thread", *times) for town, times in zip(lab.TOWNS, fetched, strict=False)]
    spans += [
        (f"forecast {town}", RUNNING, worker, *times)
        for town, times, worker in zip(lab.TOWNS, forecasts, workers, strict=False)
    ]
    return recording(*spans, *ticks, gil=gil)


IN_MAIN, IN_THREADS = ["main thread"] * 4, ["thread 1", "thread 2"] * 2


@pytest.mark.parametrize(
    ("answer", "sign", "said"),
    [
        (night(IN_A_ROW, [(end, end + 0.15) for _, end in IN_A_ROW], IN_MAIN), "…", "As it stands"),
        (night(forecasts=TWO_BY_TWO[:3]), "✗", "one fetch and one forecast for each"),
        (night(ticks=[]), "✗", "The clock is missing"),
        (night(IN_A_ROW, [(end, end + 0.15) for _, end in IN_A_ROW]), "✗", "one by one. A loop that awaits"),
        (night([(0, 0.25)] * 3 + [(0.25, 0.5)]), "✗", "not all four"),
        (night(forecasts=ONE_BY_ONE, workers=IN_MAIN), "✗", "The main thread computed forecasts"),
        (night(workers=IN_THREADS), "✗", "What has a GIL of its own?"),
        (night(forecasts=ONE_BY_ONE), "✗", "The forecasts came one by one"),
        (night(workers=["process 0, thread 1", "process 0, thread 2"] * 2), "✗", "One process carried all"),
        (night(ticks=TICKS[:3] + TICKS[8:]), "✗", "The clock had no turn"),
        (night(), "✓", "the clock went on ticking"),
        (night(workers=IN_THREADS, gil="off"), "✓", "the clock went on ticking"),
    ],
)
def test_the_night_shift(answer, sign, said):
    verdict = lab.night_shift.verdict(answer)
    assert (verdict.sign, said in verdict.line) == (sign, True), verdict


def test_a_forecast_is_made_of_readings():
    assert lab.forecast("Lima", lab.readings("Lima")) == "Lima 18 °C"


# What stands beneath the sliders


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((4, 0.4, 0, 4, True), "The simplest of these: threads."),
        ((4, 0.4, 25, 4, True), "Quickest: asyncio + processes. Nothing else"),
        ((4, 4, 100, 4, True), "The simplest of these: processes."),
        ((4, 4, 100, 4, False), "The simplest of these: threads."),
        ((1, 0.4, 50, 4, True), "The simplest of these: one after another."),
        ((4, 0.01, 50, 4, True), "The simplest of these: threads."),
    ],
)
def test_the_explorer_names_the_simplest(numbers, said):
    text, picture = lab.side_by_side(*numbers)
    assert said in text
    assert text.count("\n") >= 8
    assert picture._repr_html_() == sketch.sketch(*picture.traces)
    assert repr(picture).count("predicted: ") == 5


def test_figures_count_threads_and_processes():
    lines = lab.figures({"a night": night()}).splitlines()
    assert lines[1].split() == ["a", "night", "0.91", "s", "5", "3", "1", "thread", "+", "2", "processes"]


def test_errors_say_by_how_much_a_prediction_was_off():
    said = {"nights": {"threads": night(ticks=[])}}
    recorded = {"nights": {"threads": night(forecasts=[(0.3, 1.4)] * 4, ticks=[])}}
    assert lab.errors(said, recorded).splitlines()[1].split() == [
        "nights",
        "threads",
        "0.70",
        "s",
        "1.40",
        "s",
        "+100%",
    ]
