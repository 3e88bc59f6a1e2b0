import sys
from itertools import pairwise
from types import CodeType

import pytest

from taketurns.trace.spans import State
from taketurns.watcher import calls
from taketurns.watcher.edges import GIL, Row
from taketurns.watcher.looks import Look
from taketurns.watcher.states import Naming, states

pytestmark = pytest.mark.skipif(not calls.known(), reason="the system calls of this processor are not known")

MS = 1_000_000
RUNS, GONE = (-2, 0, 0), (-3, 0, 0)
SLEEP = calls._TABLE["sleep"][0] if calls.known() else 0, 0, 0
LOCK = calls.FUTEX[0] if calls.known() else 0, 0x9000, 0
TURN = GIL, 0, 0
#: A thread that had run for a second before anybody looked.
OLD = 1000.0, 0.0, 50


def row(
    before: float,
    now: float,
    call: tuple[int, int, int],
    *,
    was: tuple[float, float, int] = OLD,
    has: tuple[float, float, int] = OLD,
) -> Row:
    """Return a row of thread 7, its times in ms; ``was`` and ``has``: ms run, ms queued, and turns on a core."""
    counts = [round(was[0] * MS), round(was[1] * MS), was[2]], [round(has[0] * MS), round(has[1] * MS), has[2]]
    return Row(7, round(before * MS), *counts[0], round(now * MS), *counts[1], *call)


def seen(rows: list[Row], until: float, namings: list[Naming] | None = None) -> list[tuple[str, str, float, float]]:
    """Return state, reason, begin and end in ms of thread 7, up to a moment in ms."""
    looks = states(rows, namings or [], round(until * MS)).get(7, [])
    assert all(first.end == second.start for first, second in pairwise(looks))
    return [(look.state.name, look.reason, look.start / MS, look.end / MS) for look in looks]


def test_a_thread_that_is_blocked_from_the_first_look_to_the_last_waits() -> None:
    assert seen([row(0, 0, SLEEP)], 40) == [("WAITING", "sleep", 0, 40)]


def test_a_run_is_as_long_as_the_kernel_counted_and_lies_between_the_looks_that_saw_it() -> None:
    rows = [row(0, 0, SLEEP), row(10, 11, RUNS), row(20, 21, LOCK, has=(1010, 0, 51))]
    assert seen(rows, 30) == [
        ("WAITING", "sleep", 0, 10.5),
        ("RUNNING", "", 10.5, 20.5),
        ("WAITING", "lock", 20.5, 30),
    ]


def test_a_run_that_no_look_saw_is_known_by_its_count() -> None:
    rows = [row(0, 0, SLEEP), row(10, 11, LOCK, has=(1000.4, 0, 51))]
    assert seen(rows, 30) == [("WAITING", "sleep", 0, 10.3), ("RUNNING", "", 10.3, 10.7), ("WAITING", "lock", 10.7, 30)]


def test_who_waits_for_the_gil_is_ready_and_who_waits_for_another_futex_waits_for_a_lock() -> None:
    assert seen([row(0, 0, TURN)], 5) == [("READY", "GIL", 0, 5)]
    assert seen([row(0, 0, LOCK)], 5) == [("WAITING", "lock", 0, 5)]


def test_turns_under_the_gil_are_seen_one_by_one() -> None:
    rows, counts, at = [row(0, 0, TURN)], OLD, 0.0
    for _ in range(3):
        more = counts[0] + 5, 0.0, counts[2] + 1
        rows += [
            row(at + 4.5, at + 5.5, RUNS, was=counts, has=counts),
            row(at + 9.5, at + 10.5, TURN, was=more, has=more),
        ]
        counts, at = more, at + 10
    assert [look[:2] for look in seen(rows, 35)] == [("READY", "GIL"), ("RUNNING", "")] * 3 + [("READY", "GIL")]


def test_who_only_looks_up_from_its_wait_for_the_gil_has_had_no_turn() -> None:
    rows = [row(0, 0, TURN), row(5, 6, TURN, has=(1000.02, 0, 51)), row(11, 12, TURN, was=(1000.02, 0, 51))]
    assert seen(rows, 20) == [("READY", "GIL", 0, 20)]


def test_a_wait_for_a_core_is_taken_out_of_the_run_around_it() -> None:
    rows = [row(0, 0, SLEEP), row(2, 3, RUNS), row(9, 10, RUNS, has=(1000, 4, 52))]
    assert seen(rows, 20) == [
        ("WAITING", "sleep", 0, 2.5),
        ("RUNNING", "", 2.5, 5.5),
        ("READY", "core", 5.5, 9.5),
        ("RUNNING", "", 9.5, 20),
    ]


def test_a_short_wait_for_a_core_is_hidden_for_the_helper_makes_them_itself() -> None:
    rows = [row(0, 0, RUNS), row(9, 10, RUNS, has=(1000, 0.15, 52))]
    assert seen(rows, 20) == [("RUNNING", "", 0, 20)]


def test_who_was_woken_and_had_no_core_was_ready_for_one() -> None:
    rows = [row(0, 0, SLEEP), row(10, 11, RUNS, has=(1000, 4, 51))]
    rows += [row(20, 21, LOCK, was=(1000, 4, 51), has=(1010, 4, 51))]
    assert seen(rows, 30) == [
        ("WAITING", "sleep", 0, 6.5),
        ("READY", "core", 6.5, 10.5),
        ("RUNNING", "", 10.5, 20.5),
        ("WAITING", "lock", 20.5, 30),
    ]


def test_what_happened_while_nobody_looked_is_not_seen() -> None:
    rows = [row(0, 0, RUNS), row(10, 18, RUNS, has=(1001, 0, 60))]
    assert seen(rows, 20) == [("RUNNING", "", 0, 10), ("UNSEEN", "", 10, 18), ("RUNNING", "", 18, 20)]
    rows = [row(0, 0, SLEEP), row(10, 18, LOCK, has=(1001, 0, 60))]
    assert seen(rows, 20) == [("WAITING", "sleep", 0, 10), ("UNSEEN", "", 10, 18), ("WAITING", "lock", 18, 20)]


def test_what_the_counts_prove_is_seen_though_nobody_looked() -> None:
    assert seen([row(0, 0, RUNS), row(10, 18, RUNS, has=(1007.5, 0, 52))], 20) == [("RUNNING", "", 0, 20)]
    assert seen([row(0, 0, SLEEP), row(10, 18, SLEEP, has=(1000.1, 0, 51))], 20) == [("WAITING", "sleep", 0, 20)]
    rows = [row(0, 0, SLEEP), row(10, 18, RUNS), row(20, 21, LOCK, has=(1005, 0, 51))]
    assert seen(rows, 30)[1] == ("RUNNING", "", 15.5, 20.5)


def test_a_thread_that_begins_between_two_looks_began_when_its_counts_say() -> None:
    rows = [row(10, 11, SLEEP, was=(0, 0, 0), has=(0.3, 0.1, 1))]
    assert seen(rows, 20) == [("RUNNING", "", 10.6, 11), ("WAITING", "sleep", 11, 20)]


def test_who_turns_out_to_have_been_queued_was_seen() -> None:
    first, second = row(0, 0, RUNS), row(10, 20, RUNS, has=(1003, 0, 51))
    queued = row(21, 22, RUNS, was=(1003, 0, 51), has=(1003.5, 8, 52))
    states = seen([first, second, queued], 30)
    assert states == [("RUNNING", "", 0, 13.5), ("READY", "core", 13.5, 21.5), ("RUNNING", "", 21.5, 30)]


def test_who_was_queued_for_less_than_is_missing_was_not_seen() -> None:
    first, second = row(0, 0, RUNS), row(10, 20, RUNS, has=(1003, 0, 51))
    queued = row(21, 22, RUNS, was=(1003, 0, 51), has=(1003.5, 3, 52))
    assert ("UNSEEN", "", 10, 20) in seen([first, second, queued], 30)


def test_a_thread_that_is_gone_is_seen_until_then_and_its_number_may_come_again() -> None:
    rows = [row(0, 0, RUNS), row(9, 10, GONE)]
    assert seen(rows, 20) == [("RUNNING", "", 0, 9.5)]
    again = row(30, 31, SLEEP, was=(0, 0, 0), has=(0.4, 0, 1))
    looks = states([*rows, again], [], 40 * MS)[7]
    assert [(look.state, look.start / MS) for look in looks] == [
        (State.RUNNING, 0),
        (State.RUNNING, 30.6),
        (State.WAITING, 31),
    ]


def code_here() -> CodeType:
    return sys._getframe().f_code


def named(looks_of: list[Row], at: float, kind: str = "", file: str = "") -> list[Look]:
    return states(looks_of, [Naming(round(at * MS), 7, (code_here(), 4), kind, file)], 30 * MS)[7]


def test_a_wait_has_the_place_where_the_thread_stood_at_a_moment_of_it() -> None:
    look = named([row(0, 0, SLEEP)], 3)[0]
    assert (look.reason, look.place) == ("sleep", (code_here(), 4))
    rows = [row(0, 0, SLEEP), row(10, 11, RUNS), row(20, 21, LOCK, has=(1010, 0, 51))]
    assert [look.place is not None for look in named(rows, 25)] == [False, False, True]


def test_until_it_has_the_gil_again_a_thread_stands_where_it_waited() -> None:
    rows = [row(0, 0, SLEEP), row(5, 6, TURN, has=(1000.05, 0, 51)), row(20, 21, RUNS, was=(1000.05, 0, 51))]
    assert named(rows, 12)[0].place is not None
    assert [look.place for look in named(rows, 25)] == [None] * 4


def test_what_the_learner_called_tells_more_than_the_system_call_and_the_file_more_than_its_number() -> None:
    assert named([row(0, 0, LOCK)], 3, "queue")[0].reason == "queue"
    read = calls._TABLE["file"][0], 5, 0
    assert named([row(0, 0, read)], 3, "", "socket")[0].reason == "socket"
    assert named([row(0, 0, read)], 3)[0].reason == "file"
    assert named([row(0, 0, LOCK)], 3, "", "socket")[0].reason == "lock"


def test_a_system_call_that_nobody_knows_is_named_by_its_number() -> None:
    assert seen([row(0, 0, (999, 0, 0))], 5) == [("WAITING", "system call 999", 0, 5)]
    assert calls.reason(calls._TABLE["poll"][0], 1) == "socket"
    assert calls.reason(calls._TABLE["poll"][0], 2) == "file or socket"


def test_the_tables_of_system_calls_name_each_number_once() -> None:
    for table in (calls._X86, calls._ARM):
        numbers = [number for row_of_it in table.values() for number in row_of_it]
        assert len(numbers) == len(set(numbers))
