"""What was seen stands in the place of RUNNING; marks stay exact."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.recording import sight
from taketurns.recording.rows import Row, Thread
from taketurns.recording.sight import EDGE_NS, SHORT_NS, TINY_NS, between, cut_out, joined, looks_in, seen
from taketurns.trace.spans import State
from taketurns.watcher.looks import Look

RUNNING, READY, WAITING, UNSEEN = State
ME = os.getpid()
MS = 1_000_000
MAIN = Thread(ME, "main")
KEY = ME, 0
LETTERS = {"R": RUNNING, "r": READY, "w": WAITING, "?": UNSEEN}
REASONS = {"R": "", "r": "GIL", "w": "sleep", "?": ""}
PLACE = (lambda: None).__code__, 0


def looks(letters, at=0):
    """What a watcher saw, one letter for each ms; " " is what it did not see, and equal letters are one look."""
    found = []
    for number, letter in enumerate(letters, start=at):
        if found and found[-1][0] == letter and found[-1][2] == number:
            found[-1] = letter, found[-1][1], number + 1
        elif letter != " ":
            found.append((letter, number, number + 1))
    return [
        Look(LETTERS[letter], REASONS[letter], PLACE if letter == "w" else None, start * MS, end * MS)
        for letter, start, end in found
    ]


def row(at=0, state=RUNNING, *, worker=MAIN):
    return Row(at, KEY, "t", state, "", worker)


def drawn(letters, *, marks="R", until=None, exact=(), on_loop=frozenset(), worker=MAIN):
    """What becomes of a stretch of a state that lasts from 0 to ``until`` ms: as (letter, reason, from, to) in ms."""
    until = len(letters) if until is None else until
    stretches = [(row(state=LETTERS[marks], worker=worker), until * MS)]
    found = joined(seen(stretches, {MAIN: looks(letters)}, {MAIN: list(exact)} if exact else {}, on_loop))
    names = {state: letter for letter, state in LETTERS.items()}
    return [(names[each.state], each.reason, each.at / MS, end / MS) for each, end in found]


def test_a_running_stretch_is_divided_as_it_was_seen():
    assert drawn("RRRRwwwwwrrrRR") == [("R", "", 0, 4), ("w", "sleep", 4, 9), ("r", "GIL", 9, 12), ("R", "", 12, 14)]


def test_only_a_wait_has_a_place():
    found = list(seen([(row(), 9 * MS)], {MAIN: looks("RRRwwwrrr")}, {}, frozenset()))
    assert [each.place for each, _ in found] == [None, PLACE, None]


@pytest.mark.parametrize("marks", "rw")
def test_what_the_marks_say_is_not_asked_of_the_watcher(marks):
    assert drawn("RRRRwwww", marks=marks) == [(marks, "", 0, 8)]


def test_a_thread_that_nobody_watched_is_as_the_marks_say():
    assert drawn("wwww", worker=Thread(ME, "7")) == [("R", "", 0, 4)]


def test_what_was_not_seen_for_long_is_said_to_be_so_and_a_short_time_is_running():
    assert SHORT_NS == 3 * MS
    assert drawn("RRRR   RRRR") == [("R", "", 0, 4), ("?", "", 4, 7), ("R", "", 7, 11)]
    assert drawn("RRRR  RRRR") == [("R", "", 0, 10)]
    assert drawn("   RRRR") == [("?", "", 0, 3), ("R", "", 3, 7)]
    assert drawn("RRRR   ") == [("R", "", 0, 4), ("?", "", 4, 7)]
    assert drawn("", until=3) == [("?", "", 0, 3)]
    assert drawn("", until=2) == [("R", "", 0, 2)]


def test_a_short_step_in_a_long_time_that_was_not_seen_is_as_the_marks_say():
    assert drawn("?????", until=2) == [("R", "", 0, 2)]
    assert drawn("?????", until=4) == [("?", "", 0, 4)]


def test_exact_times_stay():
    assert drawn("wwwwwwwwww", exact=[(3 * MS, 5 * MS)]) == [
        ("w", "sleep", 0, 3),
        ("R", "", 3, 5),
        ("w", "sleep", 5, 10),
    ]


def test_a_step_that_waits_holds_the_loop():
    assert drawn("RRRRwwwwrrrr", on_loop={KEY}) == [
        ("R", "", 0, 4),
        ("w", "sleep, holds the event loop", 4, 8),
        ("r", "GIL", 8, 12),
    ]


@pytest.mark.parametrize(("early", "running"), [(1, 1), (2, 0)])
def test_who_makes_a_mark_runs_whatever_was_seen_just_before(early, running):
    """A look that began before the mark and ends so soon after it is an edge that was seen late."""
    assert MS < EDGE_NS < 2 * MS
    sleep = [Look(WAITING, "sleep", None, -10 * MS, early * MS), Look(RUNNING, "", None, early * MS, 9 * MS)]
    found = list(joined(seen([(row(), 9 * MS)], {MAIN: sleep}, {}, frozenset())))
    assert len(found) == 2 - running


@pytest.mark.parametrize(("late", "running"), [(1, 1), (2, 0)])
def test_who_makes_a_mark_runs_whatever_was_seen_just_after(late, running):
    sleep = [Look(RUNNING, "", None, 0, (9 - late) * MS), Look(WAITING, "sleep", None, (9 - late) * MS, 20 * MS)]
    found = list(joined(seen([(row(), 9 * MS)], {MAIN: sleep}, {}, frozenset())))
    assert len(found) == 2 - running


@given(st.text("Rrw? ", max_size=15), st.integers(1, 15))
def test_no_time_is_lost_and_none_is_double(letters, until):
    found = list(seen([(row(), until * MS)], {MAIN: looks(letters)}, {}, frozenset()))
    times = [(each.at, end) for each, end in found]
    assert [at for at, _ in times] == [0, *(end for _, end in times[:-1])]
    assert times[-1][1] == until * MS
    assert all(at < end for at, end in times)


@given(st.text("Rrw? ", max_size=15), st.integers(1, 6))
def test_what_needs_no_dividing_is_what_dividing_gives(letters, until):
    def found():
        return list(joined(seen([(row(), until * MS)], {MAIN: looks(letters)}, {}, frozenset())))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sight, "_just_runs", lambda *_: False)
        divided = found()
    assert found() == divided


@pytest.mark.parametrize(("length", "state"), [(TINY_NS - 1, RUNNING), (TINY_NS, READY)])
def test_between_two_marks_that_are_close_nobody_loses_a_core(length, state):
    lost = {MAIN: [Look(READY, "core", None, 0, 10 * MS)]}
    assert [(each.state, end) for each, end in seen([(row(5 * MS), 5 * MS + length)], lost, {}, frozenset())] == [
        (state, 5 * MS + length)
    ]


def test_stretches_that_touch_and_are_alike_are_one():
    waits = row(5, WAITING)
    assert list(joined([(row(3), 5), (waits, 6), (row(0), 3), (row(6), 7), (row(8), 9)])) == [
        (row(0), 5),
        (waits, 6),
        (row(6), 7),
        (row(8), 9),
    ]
    assert list(joined([(waits._replace(reason="lock"), 6), (waits._replace(at=6), 7)])) == [
        (waits._replace(reason="lock"), 6),
        (waits._replace(at=6), 7),
    ]
    assert list(joined([])) == []


TIMES = st.lists(st.integers(0, 30), max_size=8, unique=True).map(
    lambda ends: list(zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False))
)


@given(TIMES, st.integers(0, 30), st.integers(1, 10))
def test_what_lies_between_two_times_and_what_does_not_are_the_whole(times, at, length):
    inside = between(times, at, at + length)
    outside = list(cut_out((at, at + length), inside))
    assert sorted(inside + outside) == sorted({*inside, *outside})
    covered = [moment for since, until in inside + outside for moment in range(since, until)]
    assert sorted(covered) == list(range(at, at + length))
    assert {m for s, u in inside for m in range(s, u)} == {m for s, u in times for m in range(s, u)} & {*covered}


@given(st.text("Rw ", max_size=12), st.integers(0, 12), st.integers(1, 12))
def test_looks_are_cut_to_the_time_that_is_asked_for(letters, at, length):
    found = list(looks_in(looks(letters), at * MS, (at + length) * MS))
    told = {moment: look.state for look, start, end in found for moment in range(start // MS, end // MS)}
    part = range(at, min(at + length, len(letters)))
    assert told == {moment: LETTERS[letters[moment]] for moment in part if letters[moment] != " "}
