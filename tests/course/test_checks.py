"""An exercise names what a wrong answer has misunderstood, one thing at a time, and never raises."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.course import checks, deadline, rules
from taketurns.course.checks import Exercise
from taketurns.course.deadline import LateError
from taketurns.course.rules import choice, each, first, overlapped, parallel, part, tasks, when, workers
from taketurns.notebook.verify import say
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace


def said(rule: Callable[[Any], Any], answer: object) -> str | None:
    """What a rule says, without its key."""
    remark = first(rule)(answer)
    return remark and remark.text


def trace(*lanes: str, label: str = "", threads: int = 1, cut_short: str = "") -> Trace:
    """Make a recording: one lane for each task, one second for each letter, such as ``" WRr"``."""
    states = {"R": State.RUNNING, "r": State.READY, "W": State.WAITING}
    return Trace(
        label,
        tuple(
            Span(f"task {number}", states[letter], f"thread {number % threads}", at, at + 1)
            for number, lane in enumerate(lanes)
            for at, letter in enumerate(lane)
            if letter != " "
        ),
        cut_short=cut_short,
    )


NOTHING = trace()
ONE_BY_ONE = trace("W", " W", "  W", "   W")
TWO_AT_ONCE = trace("W", "W", " W", " W", threads=2)
TOGETHER = trace("WW", "WW", "WW", "WW", threads=4)
IN_TURNS = trace("RrRr", "rRrR", threads=2)
IN_PARALLEL = trace("RR", "RR", threads=2)

ALONE = "A loop that waits for each call, or a call that blocks the event loop, ends one before the next starts."
FEWER = "A pool has as many tasks in progress as it has workers. Are they enough, and do all tasks start at once?"
BLOCK = "Does every call stand inside the `with` block, and only once?"

overlap = Exercise(
    "Make four waits overlap",
    tasks(4),
    overlapped(4),
    long=when(lambda t: t.duration > 2).say("That took {duration}."),
    solved="{tasks} waits at once, and {parallelism} on a core.",
)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (TOGETHER, "✓ Make four waits overlap. 4 waits at once, and 0 on a core."),
        (None, "… Make four waits overlap: Nothing to check yet. Put your recording in place of the `...`."),
        (..., "… Make four waits overlap: Nothing to check yet. Put your recording in place of the `...`."),
        (
            NOTHING,
            "… Make four waits overlap: Nothing was recorded yet. Inside its `with` block, a recording sees the calls "
            "that it makes, threads, what pools run, and the tasks of asyncio.",
        ),
        (
            Trace.begin("mine"),
            "… Make four waits overlap: The recording is still on. Check it below the `with` block, not in it.",
        ),
        (trace("WW"), f"✗ Make four waits overlap: Tasks in your recording: 1, not 4. {BLOCK}"),
        (
            ONE_BY_ONE,
            f"✗ Make four waits overlap: Tasks in progress at one instant: at most 1, so they came one by one. {ALONE}",
        ),
        (TWO_AT_ONCE, f"✗ Make four waits overlap: Tasks in progress at one instant: at most 2, not 4. {FEWER}"),
        (trace(*["W" * 90] * 4), "✗ Make four waits overlap: That took 1 min 30 s."),
        (
            trace("W", cut_short="ValueError: no."),
            f"✗ Make four waits overlap: Tasks in your recording: 1, not 4. {BLOCK} "
            "The recording was cut short: ValueError: no.",
        ),
        (trace(*["W"] * 4, cut_short="ValueError"), "✓ Make four waits overlap. 4 waits at once, and 0 on a core."),
        (
            4,
            "✗ Make four waits overlap: This is a whole number, not a recording. "
            "A recording is what `with record() as trace:` puts into `trace`.",
        ),
    ],
)
def test_the_first_broken_rule_speaks(answer: object, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert overlap.verdict(answer).line == line
    assert overlap.check(answer) == line.startswith("✓")
    assert capsys.readouterr() == (line + "\n", "")


def test_an_exercise_without_an_answer_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert Exercise("Say it", of=str, todo="Give `word` a value.").check() == 0
    assert capsys.readouterr().out == "… Say it: Give `word` a value.\n"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Halve it", ("… Halve it: Do.", "✗ Halve it: No.", "✓ Halve it. Yes.")),
        ("Which half?", ("… Which half? Do.", "✗ Which half? No.", "✓ Which half? Yes.")),
        ("Halve it.", ("… Halve it. Do.", "✗ Halve it. No.", "✓ Halve it. Yes.")),
    ],
)
def test_a_title_keeps_its_own_stop(title: str, lines: tuple[str, ...]) -> None:
    exercise = Exercise(title, when(lambda n: n != 2).say("No."), of=int, todo="Do.", solved="Yes.")
    assert tuple(str(exercise.verdict(answer)) for answer in (..., 3, 2)) == lines
    assert repr(exercise) == f"<Exercise {title!r}: 1 rules>"


def test_what_the_starter_cell_records_is_not_begun_and_not_wrong() -> None:
    given_to_you = when(lambda t: t.peak_concurrency == 1).say("This is the recording you were given.")
    exercise = Exercise("Change one thing", overlapped(4, "More workers?"), start=given_to_you)
    assert str(exercise.verdict(ONE_BY_ONE)) == "… Change one thing: This is the recording you were given."
    assert str(exercise.verdict(TWO_AT_ONCE)) == (
        "✗ Change one thing: Tasks in progress at one instant: at most 2, not 4. More workers?"
    )
    assert str(exercise.verdict(TOGETHER)) == "✓ Change one thing."
    assert exercise.verdict([1]).line.startswith("✗ Change one thing: This is a list, not a recording.")


def half() -> float:
    return 0.5


class Odd:
    """Cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("not comparable")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("of", "right", "wrong"),
    [
        (int, 2, {2.0: "This is a number, not a whole number.", True: "This is True or False, not a whole number."}),
        (float, 2, {"2": "This is a text, not a number.", True: "This is True or False, not a number."}),
        (float, 2.0, {half: "This is a function, not a number."}),
        (bool, True, {1: "This is a whole number, not True or False."}),
        (str, "2", {2: "This is a whole number, not a text."}),
        (
            dict,
            {"A": 1},
            {(1, 2): "This is a tuple, not a dictionary.", TOGETHER: "This is a recording, not a dictionary."},
        ),
        (list, [1], {frozenset({1}): "This is a frozenset, not a list."}),
        (object, True, {}),
    ],
)
def test_an_answer_of_the_wrong_kind_is_told_so(of: type, right: object, wrong: dict[object, str]) -> None:
    exercise = Exercise("Kind", of=of)
    assert str(exercise.verdict(right)) == "✓ Kind."
    for answer, said in wrong.items():
        assert str(exercise.verdict(answer)) == f"✗ Kind: {said}"


def test_an_answer_that_was_not_awaited_is_told_so() -> None:
    async def recording() -> Trace:
        return TOGETHER

    answer = recording()
    assert str(overlap.verdict(answer)) == "✗ Make four waits overlap: This has not run yet. Put `await` before it."
    assert overlap.verdict(asyncio.run(answer)).sign == "✓"


def test_a_number_of_numpy_is_a_number() -> None:
    numpy = pytest.importorskip("numpy")
    assert Exercise("Count", of=int).check(numpy.int64(2))
    assert Exercise("Measure", of=float).check(numpy.float32(2))


@pytest.mark.parametrize("broken", [lambda answer: answer["B"], choice({"A": None, "B": "No."}), lambda answer: 1 / 0])
def test_a_rule_that_raises_is_reported(broken: Callable[[Any], str | None]) -> None:
    said = str(Exercise("Try", broken, of=object).verdict(Odd()))
    assert said.startswith("✗ Try: The check could not read this answer (")
    assert said.endswith(("TypeError: 'Odd' object is not subscriptable).", "comparable).", "division by zero)."))


def test_a_start_that_raises_is_reported() -> None:
    exercise = Exercise("Try", of=object, start=lambda answer: answer["B"])
    assert str(exercise.verdict({"A": 1})) == "✗ Try: The check could not read this answer (KeyError: 'B')."


# Questions with a few answers

model = choice(
    {
        "Threads": None,
        "processes": "{answer} would run in parallel.",
        "one {by} one": "Look at the lanes: they overlap.",
    }
)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("Threads", "✓ Which model? Each waits for the GIL."),
        (" threads ", "✓ Which model? Each waits for the GIL."),
        ("Processes", "✗ Which model? Processes would run in parallel."),
        ("one {by} one", "✗ Which model? Look at the lanes: they overlap."),
        ("fibers", "✗ Which model? 'fibers' is none of the choices, which are Threads, one {by} one, processes."),
        ("{tasks}", "✗ Which model? '{tasks}' is none of the choices, which are Threads, one {by} one, processes."),
    ],
)
def test_a_wrong_choice_is_told_what_it_mistakes(answer: str, line: str) -> None:
    assert Exercise("Which model?", model, of=str, solved="Each waits for the GIL.").verdict(answer).line == line


def test_a_number_may_be_mistaken_in_known_ways() -> None:
    hours = Exercise("How long?", {1: None, 12: "One game at a time.", ...: "Not {answer} h: she walks."}, of=int)
    assert [str(hours.verdict(answer)) for answer in (1, 12, 7)] == [
        "✓ How long?",
        "✗ How long? One game at a time.",
        "✗ How long? Not 7 h: she walks.",
    ]


quiz = Exercise("Which is which?", each({"A": model, "B": {"asyncio": None, "threads": "One worker."}}), of=dict)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({"A": ..., "B": None}, "… Which is which? Nothing to check yet. Put your answer in place of the `...`."),
        ({"A": "threads", "B": ...}, "… Which is which? There is no answer yet for B."),
        ({"A": "processes", "B": "threads"}, "✗ Which is which? A: processes would run in parallel."),
        ({"A": "threads", "B": "threads"}, "✗ Which is which? B: One worker."),
        ({"A": "threads"}, "✗ Which is which? B: This one has no answer."),
        ({}, "✗ Which is which? A: This one has no answer."),
        ({"A": "threads", "B": "asyncio"}, "✓ Which is which?"),
    ],
)
def test_each_answer_of_several_has_its_own_rule(answer: dict[str, object], line: str) -> None:
    assert quiz.verdict(answer).line == line


def test_the_parts_of_a_pair_may_be_open() -> None:
    pair = Exercise("Two numbers", when(lambda two: two != (24, 1)).say("Not {answer}."), of=tuple)
    assert [str(pair.verdict(answer)) for answer in ((..., ...), (24, ...), (1, 24), (24, 1))] == [
        "… Two numbers: Nothing to check yet. Put your answer in place of the `...`.",
        "… Two numbers: There is no answer yet for 2.",
        "✗ Two numbers: Not (1, 24).",
        "✓ Two numbers.",
    ]


# Parts and keys


def test_a_part_is_at_a_key_or_an_attribute_or_is_made() -> None:
    wrong = when(bool).say("{answer}")
    assert [said(part(of, wrong), answer) for of, answer in [("a", {"a": 1}), ("real", 2), (len, "abc")]] == list("123")
    assert said(part("a", wrong), {"a": 0}) is None


two = {"gone": when(lambda n: n > 2).say("Too many."), "few": when(lambda n: n < 2).say("Too few.")}


@pytest.mark.parametrize(
    ("exercise", "answer", "sign", "key"),
    [
        (Exercise("Two", of=int, **two), 2, "✓", "right"),
        (Exercise("Two", of=int, **two), 1, "✗", "few"),
        (Exercise("Two", of=int, start=when(lambda n: n == 1).say("Begin.")), 1, "…", "start"),
        (Exercise("Two", of=int, number={2: None, 1: "Too few.", ...: "No."}), 1, "✗", "1"),
        (Exercise("Two", of=int, number={2: None, 1: "Too few.", ...: "No."}), 7, "✗", "other"),
        (Exercise("Two", of=list, count=part(len, **two)), [1], "✗", "few"),
        (Exercise("Two", of=list, count=part(len, when(lambda n: n < 2).say("Too few."))), [1], "✗", "count"),
        (Exercise("Two", tasks(2)), TOGETHER, "✗", "tasks"),
        (Exercise("Two", overlapped(2)), ONE_BY_ONE, "✗", "one by one"),
        (Exercise("Two", count=lambda n: "A function's own words." * n, of=int), 1, "✗", "count"),
        (Exercise("Two", each({"A": {1: None, 2: "No."}}), of=dict), {"A": 2}, "✗", "A: 2"),
        (Exercise("Two", of=int), ..., "…", "todo"),
        (Exercise("Two", of=list), [1, ...], "…", "blanks"),
        (Exercise("Two", of=int), "2", "✗", "kind"),
        (Exercise("Two"), Trace.begin(""), "…", "still on"),
        (Exercise("Two"), NOTHING, "…", "nothing recorded"),
        (Exercise("Two", of=int, real=part("unreal", bool)), 2, "✗", "unreadable"),
    ],
)
def test_a_verdict_has_a_sign_and_the_key_of_the_innermost_rule_that_has_one(
    exercise: Exercise, answer: object, sign: str, key: str
) -> None:
    assert exercise.verdict(answer)[:2] == (sign, key)


# Answers that do not end, or end too much


def endless() -> None:
    while True:
        pass


def swallows() -> None:
    while True:
        try:
            time.sleep(0)
        except BaseException:  # noqa: BLE001
            continue


def ends_all() -> None:
    sys.stdout.write("so be it")
    raise SystemExit(3)


class Endless:
    """An answer that never says what it equals, nor what it holds."""

    def __eq__(self, other: object) -> bool:
        return endless() is None

    __hash__ = None  # type: ignore[assignment]

    @property
    def part(self) -> None:
        endless()


@pytest.mark.parametrize(
    ("exercise", "answer", "key"),
    [
        (Exercise("End", called=lambda f: f(), of=object), endless, "late"),
        (Exercise("End", called=lambda f: f(), of=object), swallows, "late"),
        (Exercise("End", called=lambda f: f(), of=object), ends_all, "raised"),
        (Exercise("End", {1: None, 2: "No."}, of=object), Endless(), "late"),
        (Exercise("End", part("part", when(bool).say("No.")), of=object), Endless(), "late"),
        (Exercise("End", start=lambda f: f(), of=object), endless, "late"),
    ],
)
def test_a_check_ends_whatever_an_answer_does(
    exercise: Exercise, answer: object, key: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.02)
    said = exercise.verdict(answer)
    assert said[:2] == ("✗", key)
    assert exercise.check(answer) == 0
    assert capfd.readouterr() == (f"{said.line}\n", "")
    assert [thread.name for thread in threading.enumerate() if thread.name == "check"] == []


def test_an_exercise_may_say_what_an_answer_means_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.02)
    exercise = Exercise("End", called=lambda f: f(), of=object, late="Who releases the lock?")
    assert str(exercise.verdict(endless)) == "✗ End: It did not end within a second."  # perhaps it is only slow

    def seen_never_to_end() -> None:
        raise LateError

    assert str(exercise.verdict(seen_never_to_end)) == "✗ End: Who releases the lock?"
    assert str(exercise.verdict(ends_all)) == "✗ End: It raised SystemExit."


def test_an_answer_that_nothing_can_end_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.02)
    monkeypatch.setattr(deadline, "PATIENCE", 0.02)
    lock = threading.Lock()
    with lock:
        said = Exercise("End", called=lambda f: f(), of=object).verdict(lock.acquire)
    assert said[:2] == ("✗", "stuck")


def test_slow_rules_have_no_deadline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0)
    exercise = Exercise("Look", shown=lambda n: say("a picture"), of=int, is_slow=True)
    assert exercise.check(2) == 1
    assert capsys.readouterr().out == "a picture\n✓ Look.\n"


# Rules for recordings


@pytest.mark.parametrize(
    ("check", "answer", "wrong"),
    [
        (tasks(2), IN_TURNS, None),
        (tasks(1, "Once."), IN_TURNS, "Tasks in your recording: 2, not 1. Once."),
        (workers(2), IN_TURNS, None),
        (
            workers(1),
            IN_TURNS,
            "Workers at your tasks: 2, not 1. A worker is one thread in one process: which ones does your code start?",
        ),
        (overlapped(2), TOGETHER, None),
        (
            overlapped(5, "Five."),
            ONE_BY_ONE,
            "Tasks in progress at one instant: at most 1, so they came one by one. Five.",
        ),
        (parallel(2), IN_PARALLEL, None),
        (
            parallel(2),
            IN_TURNS,
            "Tasks running at one instant: at most 1, and this machine can run more. "
            "Threads share one GIL; each process has its own.",
        ),
    ],
)
def test_a_rule_for_recordings_says_what_it_found(
    check: Callable[[Any], str | None], answer: Trace, wrong: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "cores_at_once", lambda: 2)
    assert said(check, answer) == wrong


def test_no_more_is_asked_in_parallel_than_this_machine_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "cores_at_once", lambda: 1)
    assert parallel(4)(IN_TURNS) is None
    monkeypatch.setattr(rules, "cores_at_once", lambda: 8)
    assert parallel(4)(IN_PARALLEL) is not None


# Messages


def test_a_message_may_use_every_figure() -> None:
    message = "{label} {tasks} {workers} {concurrency} {parallelism} {duration} {running} {ready} {waiting}"
    answer = trace("RrrWWW", "R", label="mine")
    message = message.replace("{label}", "{answer.label!r:.6}")
    assert said(when(lambda _: True).say(message), answer) == "'mine' 2 1 2 2 6 s 2 s 2 s 3 s"
    assert said(when(lambda _: True).say("{{}} {answer[0]}"), "abc") == "{} a"


@pytest.mark.parametrize("message", ["{task}", "{}", "{0}", "{answers.x}", "{tasks", "tasks}"])
@pytest.mark.parametrize(
    "make",
    [
        lambda message: when(bool).say(message),
        lambda message: choice({1: None, 2: message}),
        lambda message: choice({1: None, ...: message}),
        lambda message: first({1: message}),
        lambda message: tasks(1, message),
        lambda message: Exercise("", solved=message),
    ],
)
def test_a_message_that_could_not_be_filled_is_refused_at_once(make: Callable[[str], object], message: str) -> None:
    with pytest.raises(
        ValueError, match=r"stands for nothing; a message may use answer, tasks|expected '}'|Single '}'"
    ):
        make(message)


# Laws

OBJECTS = [TOGETHER, NOTHING, Trace.begin(""), int, print, half, Odd(), NotImplemented, ...]

answers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(0, 8).map(OBJECTS.__getitem__),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


@given(answers)
def test_no_answer_makes_a_check_raise(answer: object) -> None:
    for exercise in (overlap, quiz, Exercise("Any", model, of=object), Exercise("Any", tasks(1), of=object)):
        assert exercise.verdict(answer).sign in "✓✗…"


@given(st.lists(st.booleans()))
def test_the_first_broken_rule_of_any_is_the_one_that_speaks(kept: list[bool]) -> None:
    named = {f"rule_{n}": when(lambda _, holds=holds: not holds).say(f"Rule {n}.") for n, holds in enumerate(kept)}
    speaks = ("✗", f"rule_{kept.index(False)}") if False in kept else ("✓", "right")
    assert Exercise("Any", of=str, **named).verdict("answer")[:2] == speaks  # type: ignore[arg-type]
