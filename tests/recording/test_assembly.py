"""From events to spans: what is drawn is what was told, and names are told apart."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.recording.assembly import Key, Row, Thread, assemble
from taketurns.trace.columns import Columns
from taketurns.trace.spans import Span, State
from taketurns.trace.trace import Trace

RUNNING, READY, WAITING, _ = State
ME = os.getpid()
CHILD = ME + 1
MAIN = Thread(ME, "main")
START, END = 1000, 1040  # ns

#: One letter for each ns of a lane. "G" is RUNNING of a thread that lost the GIL for an unknown part of its time (at
#: most OFF ns), and " " is not there.
OFF = 40
LETTERS = {"R": RUNNING, "r": READY, "w": WAITING, "G": RUNNING, " ": None}


def rows(lane: str, number: int = 0, name: str = "", worker: Thread = MAIN, *, begin: int = START) -> list[Row]:
    """Return the events of a lane such as ``"RRrw "``: from its first letter on one for every ns."""
    gone = len(lane) - len(lane.lstrip())
    return [
        Row(
            begin + at,
            (worker.process, number),
            name,
            LETTERS[letter],
            "",
            worker,
            off=OFF if letter == "G" else None,
        )
        for at, letter in enumerate(lane)
        if at >= gone
    ]


def changes(events: list[Row]) -> list[Row]:
    """Return only the events that change something."""
    return [next(group) for _, group in groupby(events, key=lambda row: (row.state, row.reason, row.worker))]


def assembled(events: Iterable[Row], last_seen: dict[Key, int] | None = None, instants: bool = False) -> Trace:
    columns, lost, _ = assemble(events, START, END, last_seen or {}, instants=instants)
    return Trace("", columns.spans(), {"lost": ", ".join(lost.values())})


def drawn(trace: Trace, task: str, length: int) -> str:
    """Return a lane of a trace as letters; a task is in one state at a time."""
    letters = {RUNNING: "R", READY: "r", WAITING: "w"}
    middles = [(at + 0.5) / 1e9 for at in range(length)]
    here = [[letters[s.state] for s in trace.spans if s.task == task and s.start < at < s.end] for at in middles]
    assert all(len(states) <= 1 for states in here)
    return "".join(states[0] if states else " " for states in here)


# What is drawn

lanes = st.text("Rrw", min_size=1, max_size=12)


@given(st.lists(st.tuples(lanes, st.booleans(), st.integers(0, 2)), max_size=5), st.randoms())
def test_what_is_drawn_is_what_was_told(told: list[tuple[str, bool, int]], random: object) -> None:
    events = []
    for number, (lane, tersely, thread) in enumerate(told):
        all_events = rows(lane + " ", number, f"t{number}", Thread(ME, str(thread)))
        events += changes(all_events) if tersely else all_events
    random.shuffle(events)  # type: ignore[attr-defined]
    trace = assembled(events)
    assert set(trace.tasks) == {f"t{number}" for number in range(len(told))}
    for number, (lane, _, _) in enumerate(told):
        assert drawn(trace, f"t{number}", 20) == lane.ljust(20)
        # Every span is there for a change: none is in pieces, none is empty.
        assert [span.state for span in trace.lane(f"t{number}")] == [LETTERS[letter] for letter, _ in groupby(lane)]


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(State), st.integers(0, 2)), min_size=1, max_size=10))
def test_a_task_is_always_in_the_state_and_on_the_worker_that_the_last_event_says(
    told: list[tuple[int, State, int]],
) -> None:
    # Times are tied and in no order: of tied events, the one that came last holds.
    events = [Row(START + at, (ME, 0), "t", state, "", Thread(ME, str(thread))) for at, state, thread in told]
    trace = assembled([*events, Row(START + 7, (ME, 0), "t", None, "", MAIN)])
    workers: dict[Thread, str] = {}
    for at in range(7):
        before = [row for row in events if row.at <= START + at]
        here = [span for span in trace.spans if span.start < (at + 0.5) / 1e9 < span.end]
        if not before:
            assert here == []
            continue
        holds = max(enumerate(before), key=lambda pair: (pair[1].at, pair[0]))[1]
        assert [span.state for span in here] == [holds.state]
        assert workers.setdefault(holds.worker, here[0].worker) == here[0].worker
    assert len(set(workers.values())) == len(workers)
    assert trace.workers == tuple(f"thread {number + 1}" for number in range(len(workers)))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(State)), min_size=1, max_size=10).map(
        lambda told: sorted(told, key=lambda event: event[0])
    )
)
def test_running_instants_are_kept_only_when_they_are_asked_for(told: list[tuple[int, State]]) -> None:
    events = [Row(START + at, (ME, 0), "t", state, "", MAIN) for at, state in told]
    events.append(Row(START + 3, (ME, 0), "t", None, "", MAIN))
    without, kept = assembled(events), assembled(events, instants=True)
    assert without.spans == tuple(span for span in kept.spans if span.duration)
    assert all(span.duration for span in without.spans)
    # One instant for each run of events that say RUNNING, unless it lasts: in between, time stands still.
    runs = [(state, [at for at, _ in run]) for state, run in groupby(told, key=lambda event: event[1])]
    ends = [*(times[0] for _, times in runs[1:]), 3]
    expected = [
        (state, t[0], end) for (state, t), end in zip(runs, ends, strict=True) if t[0] < end or state is RUNNING
    ]
    assert [(s.state, round(s.start * 1e9), round(s.end * 1e9)) for s in kept.spans] == expected


def test_tied_events_hold_in_the_order_in_which_they_came() -> None:
    events = [
        Row(START + at, (ME, 0), "t", s, "", MAIN) for at, s in ((0, WAITING), (5, RUNNING), (5, READY), (8, None))
    ]
    assert assembled(events).spans == (
        Span("t", WAITING, "main thread", 0, 5e-9),
        Span("t", READY, "main thread", 5e-9, 8e-9),
    )
    assert assembled(events, instants=True).spans == (
        Span("t", WAITING, "main thread", 0, 5e-9),
        Span("t", RUNNING, "main thread", 5e-9, 5e-9),
        Span("t", READY, "main thread", 5e-9, 8e-9),
    )


def test_a_span_tells_the_first_reason_that_is_given_for_it() -> None:
    told = [
        (0, READY, ""),
        (1, READY, "GIL"),
        (2, READY, "core"),
        (3, RUNNING, ""),
        (4, WAITING, "a disk"),
        (6, None, "x"),
    ]
    events = [Row(START + at, (ME, 0), "t", state, reason, MAIN) for at, state, reason in told]
    assert [(span.state, span.reason) for span in assembled(events).spans] == [
        (READY, "GIL"),
        (RUNNING, ""),
        (WAITING, "a disk"),
    ]


def test_who_waits_for_one_thing_and_then_for_another_has_a_span_for_each() -> None:
    told = [(0, WAITING, ""), (2, WAITING, "timer"), (3, WAITING, "timer"), (5, WAITING, ""), (6, None, "")]
    events = [Row(START + at, (ME, 0), "t", state, reason, MAIN) for at, state, reason in told]
    spans = [(span.reason, round(span.start * 1e9), round(span.end * 1e9)) for span in assembled(events).spans]
    assert spans == [("", 0, 2), ("timer", 2, 5), ("", 5, 6)]


def test_a_task_that_goes_on_elsewhere_has_a_span_on_each_worker() -> None:
    there = Thread(ME, "7")
    events = [Row(START + at, (ME, 0), "t", RUNNING, "", worker) for at, worker in ((0, MAIN), (2, there), (3, there))]
    assert assembled([*events, Row(START + 5, (ME, 0), "t", None, "", MAIN)]).spans == (
        Span("t", RUNNING, "main thread", 0, 2e-9),
        Span("t", RUNNING, "thread 1", 2e-9, 5e-9),
    )


def test_a_task_that_was_resumed_after_its_end_has_a_gap() -> None:
    assert drawn(assembled(rows("RR  rR ", name="t")), "t", 8) == "RR  rR  "


def test_without_events_there_is_nothing() -> None:
    assert assemble([], START, END, {}) == (Columns.of(()), {}, {})


# Tasks that did not end


@pytest.mark.parametrize("state", [RUNNING, READY, WAITING])
def test_a_task_of_this_process_that_did_not_end_is_in_its_state_until_the_recording_ends(state: State) -> None:
    trace = assembled([Row(START + 10, (ME, 0), "t", state, "", MAIN)])
    assert trace.spans == (Span("t", state, "main thread", 10e-9, 40e-9),)
    assert trace.origin["lost"] == ""


@pytest.mark.parametrize(
    ("state", "seen", "end"),
    [(RUNNING, 25, 25e-9), (RUNNING, 10, 40e-9), (RUNNING, 5, 40e-9), (READY, 25, 40e-9), (WAITING, 25, 40e-9)],
)
def test_one_that_was_seen_to_run_is_running_until_then(state: State, seen: int, end: float) -> None:
    others = {(ME, 1): START + 15, (CHILD, 0): START + 15}
    trace = assembled([Row(START + 10, (ME, 0), "t", state, "", MAIN)], {(ME, 0): START + seen, **others})
    assert trace.spans == (Span("t", state, "main thread", 10e-9, end),)


@pytest.mark.parametrize("instants", [False, True])
def test_a_task_that_begins_while_the_recording_ends_is_no_error(instants: bool) -> None:
    trace = assembled([Row(END + 1, (ME, 0), "t", RUNNING, "", MAIN)], instants=instants)
    assert [span.duration for span in trace.spans] == [0] * instants


def test_workers_of_children_are_named_after_their_processes_and_two_are_never_called_the_same() -> None:
    carriers = [
        Thread(CHILD, "main", "", "encoder"),
        Thread(CHILD, "7", "reader", "encoder"),
        Thread(CHILD + 1, "main", "", "encoder"),
        Thread(CHILD + 1, "8", "reader", "encoder"),
        Thread(CHILD + 2, "main"),
    ]
    events = [Row(START + n, (c.process, n), "t", RUNNING, "", c) for n, c in enumerate(carriers)]
    ends = {(c.process, n): END for n, c in enumerate(carriers)}
    names = ["process encoder", "process encoder, reader", "process 2", "process 2, reader", "process 3"]
    assert [span.worker for span in assembled(events, ends).spans] == names


def test_no_thread_is_taken_for_another_or_for_a_child_by_the_name_that_the_program_gave_it() -> None:
    carriers = [
        (MAIN, "main thread"),
        (Thread(ME, "1"), "thread 2"),
        (Thread(ME, "2", "thread 1"), "thread 1"),
        (Thread(ME, "3", "main thread"), "thread 3"),
        (Thread(ME, "4", "process 1"), "thread process 1"),
        (Thread(ME, "5", "interpreter 1, thread 1"), "thread interpreter 1, thread 1"),
        (Thread(CHILD, "main"), "process 2"),
        (Thread(CHILD + 1, "main", "", "1"), "process 1"),
        (Thread(CHILD + 2, "main", "", "a, b"), "process a b"),
        (Thread(CHILD + 2, "6"), "process a b, thread 2"),
        (Thread(CHILD + 2, "7", "thread 1", "a, b"), "process a b, thread 1"),
    ]
    events = [
        row for n, (carrier, _) in enumerate(carriers) for row in rows("R ", n, f"t{n}", carrier, begin=START + n)
    ]
    spans = assembled(events).spans
    assert [span.worker for span in spans] == [name for _, name in carriers]
    assert [span.process for span in spans][3:] == ["", "", "", "process 2", "process 1", *["process a b"] * 3]


@given(st.lists(st.tuples(lanes, st.booleans()), max_size=5))
def test_a_task_of_a_child_that_did_not_end_is_lost_after_its_last_event(told: list[tuple[str, bool]]) -> None:
    events = []
    for number, (lane, ended) in enumerate(told):
        events += rows(lane + " " * ended, number, f"t{number}", Thread(CHILD, "main"), begin=START + number)
    trace = assembled(events)
    assert trace.origin["lost"] == ", ".join(f"t{number}" for number, (_, ended) in enumerate(told) if not ended)
    for number, (lane, ended) in enumerate(told):
        known = lane if ended else lane[:-1]
        assert drawn(trace, f"t{number}", 20) == (" " * number + known).ljust(20)


def test_a_task_of_a_child_is_in_its_last_state_until_it_was_last_seen() -> None:
    trace = assembled([Row(START + 10, (CHILD, 0), "t", WAITING, "", Thread(CHILD, "main"))], {(CHILD, 0): START + 30})
    assert trace.spans == (Span("t", WAITING, "process 1", 10e-9, 30e-9),)


def test_a_lost_task_that_was_dead_at_once_has_a_lane() -> None:
    events = [
        Row(START + 1, (CHILD, 0), "t", RUNNING, "", Thread(CHILD, "main")),
        Row(START + 2, (ME, 0), "t", RUNNING, "", MAIN),
        Row(START + 3, (ME, 0), "t", None, "", MAIN),
    ]
    trace = assembled(events)
    assert trace.origin["lost"] == "t 0"
    assert trace.spans == (
        Span("t 0", RUNNING, "process 1", 1e-9, 1e-9),
        Span("t 1", RUNNING, "main thread", 2e-9, 3e-9),
    )


# A stretch that lost the GIL


@given(st.text("ab ", max_size=12), st.text("Gw", min_size=12, max_size=12), st.booleans())
def test_a_stretch_that_lost_the_gil_gives_way_to_those_that_are_seen_to_run(sure: str, unsure: str, far: bool) -> None:
    # Two tasks are seen to run, never both at once; the third ran at some time between its events.
    process = CHILD if far else ME
    lanes_of = [("".join("R" if who == task else "w" for who in sure), task) for task in "ab"]
    events = rows(unsure + " ", 2, "unsure", Thread(process, "3"))
    for number, (lane, task) in enumerate(lanes_of):
        events += rows(lane + " ", number, task, Thread(process, str(number)))
    trace = assembled(events)
    taken = [at < len(sure) and sure[at] != " " for at in range(12)]
    expected = "".join(
        "w" if letter == "w" else "r" if gone else "R" for letter, gone in zip(unsure, taken, strict=True)
    )
    assert drawn(trace, "unsure", 12) == expected
    assert {span.reason for span in trace.spans if span.state is READY} <= {"GIL"}
    assert {span.reason for span in trace.spans if span.state is not READY} <= {""}
    assert trace.peak_parallelism <= 1
    for lane, task in lanes_of:
        assert drawn(trace, task, 12) == lane.ljust(12)


@given(st.lists(st.text("Gw ", min_size=8, max_size=8), min_size=2, max_size=4))
def test_stretches_that_lost_the_gil_to_each_other_are_in_turns_while_they_overlap(lanes: list[str]) -> None:
    trace = assembled([row for number, lane in enumerate(lanes) for row in rows(lane + " ", number, f"t{number}")])
    for number, lane in enumerate(lanes):
        shared = {at for at in range(8) if lane[at] == "G" and [other[at] for other in lanes].count("G") > 1}
        turns = [span for span in trace.spans if span.task == f"t{number}" and span.in_turns]
        assert {at for s in turns for at in range(round(s.start * 1e9), round(s.end * 1e9))} == shared
        assert drawn(trace, f"t{number}", 8) == lane.replace("G", "R")
    assert trace.peak_parallelism <= 1


MS = 1_000_000


def beside(off: int) -> Trace:
    """A stretch of 100 ms that was off its core for so long, and one of 20 ms that is surely seen to run meanwhile."""
    events = [
        Row(0, (ME, 0), "unsure", RUNNING, "", Thread(ME, "1"), off=off),
        Row(30 * MS, (ME, 1), "sure", RUNNING, "", Thread(ME, "2")),
        Row(50 * MS, (ME, 1), "sure", None, "", Thread(ME, "2")),
        Row(100 * MS, (ME, 0), "unsure", None, "", Thread(ME, "1")),
    ]
    columns, _, _ = assemble(events, 0, 100 * MS, {})
    return Trace("", columns.spans())


def states(trace: Trace, task: str) -> list[tuple[State, str, int, int]]:
    return [(s.state, s.reason, round(s.start * 1000), round(s.end * 1000)) for s in trace.lane(task)]


def test_a_stretch_that_was_on_its_core_while_another_ran_needed_no_gil() -> None:
    trace = beside(18 * MS)
    assert states(trace, "unsure") == [(RUNNING, "", 0, 100)]
    assert trace.peak_parallelism == 2


def test_a_stretch_that_was_off_its_core_while_another_ran_gave_way_to_it() -> None:
    for off in (19 * MS, 20 * MS, 21 * MS):
        trace = beside(off)
        assert states(trace, "unsure") == [(RUNNING, "", 0, 30), (READY, "GIL", 30, 50), (RUNNING, "", 50, 100)]
        assert trace.peak_parallelism == 1


@pytest.mark.parametrize(("off", "in_turns"), [(0, False), (9, False), (11, True), (50, True)])
def test_stretches_that_overlap_are_in_turns_if_they_were_off_their_cores(off: int, in_turns: bool) -> None:
    events = [
        Row(at * MS, (ME, number), f"t{number}", state, "", Thread(ME, str(number)), off=off * MS if state else None)
        for number in (0, 1)
        for at, state in ((0, RUNNING), (100, None))
    ]
    columns, _, _ = assemble(events, 0, 100 * MS, {})
    assert [span.in_turns for span in columns.spans()] == [in_turns] * 2


@pytest.mark.parametrize("off", [0.4, 8])
def test_of_two_long_calls_that_hold_the_gil_the_second_is_ready_until_the_first_is_over(off: float) -> None:
    # As two threads do that make one call of sum() each: the first is all but always on its core.
    times = {"1": (0, 110, off), "2": (2, 220, 108)}
    first, second = (
        [
            Row(begin * MS, (ME, int(name)), name, RUNNING, "", Thread(ME, name), off=int(lost * MS)),
            Row(end * MS, (ME, int(name)), name, None, "", Thread(ME, name)),
        ]
        for name, (begin, end, lost) in times.items()
    )
    for events in (first + second, second + first):
        columns, _, _ = assemble(events, 0, 220 * MS, {})
        trace = Trace("", columns.spans())
        assert states(trace, "1") == [(RUNNING, "", 0, 110)]
        assert states(trace, "2") == [(READY, "GIL", 2, 110), (RUNNING, "", 110, 220)]
        assert trace.peak_parallelism == 1


def test_no_stretch_gives_way_to_another_process_that_has_a_gil_of_its_own() -> None:
    trace = assembled([*rows("GGGG ", 0, "near"), *rows("wRRw ", 0, "far", Thread(CHILD, "main"))])
    assert drawn(trace, "near", 5) == "RRRR "


# Names


def named(names: list[str]) -> tuple[str, ...]:
    """Return the final names of tasks that start one after another."""
    events = [row for n, name in enumerate(names) for row in rows("R ", n, name, begin=START + n)]
    return assembled(events).tasks


@pytest.mark.parametrize(
    ("given_names", "final"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "b", "a"], ["a 0", "b", "a 1"]),
        (["", "", ""], ["task 0", "task 1", "task 2"]),
        ([""], ["task 0"]),
        (["", "task 0"], ["task 1", "task 0"]),
        (["a", "a 0", "a"], ["a 1", "a 0", "a 2"]),
        (["task", "", "task"], ["task 0", "task 1", "task 2"]),
        (["a", "a", "a 0", "a 0"], ["a 1", "a 2", "a 0 0", "a 0 1"]),
    ],
)
def test_tasks_that_share_a_name_are_numbered(given_names: list[str], final: list[str]) -> None:
    assert list(named(given_names)) == final


@given(st.lists(st.sampled_from(["", "a", "a 0", "a 1", "a 0 0", "task", "task 0", "b"]), max_size=10))
def test_every_task_has_a_name_of_its_own(names: list[str]) -> None:
    final = named(names)
    assert len(set(final)) == len(names)
    numbers: dict[str, list[int]] = {}
    for name, made in zip(names, final, strict=True):
        if name and Counter(names)[name] == 1:
            assert made == name  # a task that has a name for itself keeps it
        else:
            assert made not in names  # and no other task is given that name
            stem, _, number = made.rpartition(" ")
            assert stem == (name or "task")
            numbers.setdefault(name, []).append(int(number))
    assert all(shared == sorted(shared) for shared in numbers.values())


def test_tasks_are_numbered_in_order_of_their_start() -> None:
    events = [
        *rows("R ", 0, "t", begin=START + 5),
        *rows("R ", 1, "t", begin=START + 3),
        *rows("R ", 2, "t", begin=START + 9),
    ]
    assert [(span.task, round(span.start * 1e9)) for span in assembled(events).spans] == [
        ("t 0", 3),
        ("t 1", 5),
        ("t 2", 9),
    ]


def test_the_last_name_of_a_task_holds() -> None:
    # asyncio's task is there before the function that names it has begun.
    events = [Row(START, (ME, 0), "", READY, "", MAIN), Row(START + 1, (ME, 0), "board 7", RUNNING, "", MAIN)]
    assert assembled(events).tasks == ("board 7",)


def test_what_is_not_drawn_takes_no_name_and_no_number() -> None:
    nothing = [Row(START + 1, (ME, 0), "t", s, "", Thread(ME, "1")) for s in (RUNNING, None)]
    trace = assembled([*nothing, *rows("wwR ", 1, "t", Thread(ME, "2"))])
    assert trace.tasks == ("t",)
    assert trace.workers == ("thread 1",)


def test_equal_numbers_in_two_processes_are_two_tasks() -> None:
    assert assembled([*rows("R ", 0, "t"), *rows("R ", 0, "t", Thread(CHILD, "main"))]).tasks == ("t 0", "t 1")


def test_workers_are_numbered_in_the_order_in_which_they_are_seen() -> None:
    carriers = [
        (Thread(ME, "140"), "thread 1"),
        (Thread(CHILD, "main"), "process 1"),
        (MAIN, "main thread"),
        (Thread(CHILD + 1, "9"), "process 2, thread 1"),
        (Thread(ME, "3"), "thread 2"),
        (Thread(CHILD, "5"), "process 1, thread 1"),
        (Thread(CHILD + 1, "main"), "process 2"),
        (Thread(CHILD, "4"), "process 1, thread 2"),
        (Thread(f"{ME}.a1", "8"), "interpreter 1"),
        (Thread(f"{ME}.b2", "main"), "interpreter 2"),
        (Thread(f"{ME}.a1", "6"), "interpreter 1, thread 1"),
    ]
    events = [
        row for n, (carrier, _) in enumerate(carriers) for row in rows("R ", n, f"t{n}", carrier, begin=START + n)
    ]
    trace = assembled(reversed(events))
    assert [(span.task, span.worker) for span in trace.spans] == [
        (f"t{n}", name) for n, (_, name) in enumerate(carriers)
    ]


def test_a_worker_is_seen_when_it_begins_to_carry_not_when_its_task_does() -> None:
    # The first task moves to another thread after the second has begun on its own.
    events = [Row(START + at, (ME, 0), "t", RUNNING, "", worker) for at, worker in ((0, MAIN), (9, Thread(ME, "1")))]
    trace = assembled([*events, *rows("R ", 1, "u", Thread(ME, "2"), begin=START + 5)])
    assert [(span.task, span.worker) for span in trace.spans] == [
        ("t", "main thread"),
        ("u", "thread 1"),
        ("t", "thread 2"),
    ]
