"""The law of the GIL: what seems to run beside another for no longer than the watcher can tell did not run."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.recording.law import obeyed
from taketurns.recording.rows import Row, Thread
from taketurns.recording.sight import SHORT_NS
from taketurns.trace.spans import State

RUNNING, READY, WAITING, UNSEEN = State
ME = os.getpid()
MS = 1_000_000
LETTERS = {"R": RUNNING, "r": READY, "w": WAITING, "?": UNSEEN}
NAMES = {state: letter for letter, state in LETTERS.items()}


def stretches(lane, number, *, thread=None, process=ME):
    """The stretches of a lane, one letter for each ms; equal letters that stand together are one."""
    found, worker = [], Thread(process, str(number if thread is None else thread))
    for at, letter in enumerate(lane):
        if letter == " ":
            continue
        row = Row(at * MS, (process, number), f"t{number}", LETTERS[letter], "", worker)
        if found and at and lane[at - 1] == letter:
            found[-1] = found[-1][0], (at + 1) * MS
        else:
            found.append((row, (at + 1) * MS))
    return found


def drawn(found, number, length):
    """A lane as letters again; a task is in one state at a time."""
    here = [
        [NAMES[row.state] for row, until in found if row.task[1] == number and row.at <= at * MS < until]
        for at in range(length)
    ]
    assert all(len(states) <= 1 for states in here)
    return "".join(states[0] if states else " " for states in here)


def after(*lanes, exact=None, **where):
    found = list(
        obeyed([s for number, lane in enumerate(lanes) for s in stretches(lane, number, **where)], exact or {})
    )
    return [drawn(found, number, len(lane)) for number, lane in enumerate(lanes)], found


def test_whoever_was_first_gives_way_where_the_gil_goes_from_hand_to_hand():
    lanes, found = after("RRRRww", "  RRRR")
    assert lanes == ["RRrrww", "  RRRR"]
    assert [(row.reason, row.at, until) for row, until in found if row.state is READY] == [("GIL", 2 * MS, 4 * MS)]


def test_where_the_first_marked_the_clock_meanwhile_the_second_gives_way():
    exact = {Thread(ME, "0"): [(0, 4 * MS)]}
    assert after("RRRRww", "  RRRR", exact=exact)[0] == ["RRRRww", "  rrRR"]


def test_what_overlaps_for_longer_ran_beside_the_other():
    assert SHORT_NS == 3 * MS
    assert after("RRRRRww", "  RRRRR")[0] == ["RRRRRww", "  RRRRR"]
    assert after("RRRRww", "  RRRR")[0] != ["RRRRww", "  RRRR"]


def test_a_turn_too_short_to_be_seen_is_no_running_of_the_other():
    assert after("RRRRRRRR", "   R    ")[0] == ["RRRrRRRR", "   R    "]


def test_the_law_holds_in_each_process_by_itself():
    assert after("RRRRww", "  RRRR", process=ME + 1)[0] == ["RRrrww", "  RRRR"]
    found = [*stretches("RRRRww", 0), *stretches("  RRRR", 1, process=ME + 1)]
    assert list(obeyed(found, {})) == found


def test_one_thread_is_not_beside_itself():
    assert after("RRRRww", "  RRRR", thread=1)[0] == ["RRRRww", "  RRRR"]


def test_waits_and_what_nobody_saw_break_no_law():
    assert after("RRRR", "wwww", "????", "rrrr")[0] == ["RRRR", "wwww", "????", "rrrr"]


@given(st.lists(st.text("Rrw? ", min_size=12, max_size=12), max_size=4))
def test_only_what_ran_beside_another_becomes_ready(lanes):
    become, found = after(*lanes)
    for number, (lane, now) in enumerate(zip(lanes, become, strict=True)):
        for at, (before, letter) in enumerate(zip(lane, now, strict=True)):
            others = [other[at] for index, other in enumerate(lanes) if index != number]
            assert letter == before or ((before, letter) == ("R", "r") and "R" in others)
    assert all(row.at < until for row, until in found)
    # Somebody runs wherever somebody ran.
    for at in range(12):
        assert ("R" in [lane[at] for lane in become]) == ("R" in [lane[at] for lane in lanes])


def gives_way(*lanes, between):
    """Whether somebody is READY for the GIL in these ms that was not seen to be; "c" is READY for a core."""
    states = {"R": (RUNNING, ""), "c": (READY, "core"), "g": (READY, "GIL"), "w": (WAITING, "sleep")}
    seen = [
        (Row(at * MS, (ME, number), "t", *states[letter], Thread(ME, str(number))), (at + 1) * MS)
        for number, lane in enumerate(lanes)
        for at, letter in enumerate(lane)
    ]
    given = {row.at // MS for row, _ in obeyed(seen, {}) if row.reason == "GIL"}
    return bool(given & {*between} - {lane.find("g") for lane in lanes})


def test_two_threads_that_wait_for_cores_and_never_for_the_gil_ran_beside_each_other():
    assert not gives_way("RRRc" * 10, "cRRR" * 10, between=range(11, 29))


@pytest.mark.parametrize("seen", "gw")
def test_where_one_of_two_waited_a_moment_before_the_other_ran_because_of_that(seen):
    lane = "RRRc" * 10
    assert gives_way(f"{lane[:19]}{seen}{lane[20:]}", "cRRR" * 10, between=range(11, 29))
