"""What of a lane is its own, and who has a lane without marks."""

import os

import pytest

from taketurns.recording.bystanders import FOR_OTHERS, LEAST_RUN_NS, LEAST_WAIT_NS, Sight, own
from taketurns.recording.rows import Row, Thread
from taketurns.recording.worker import CALLED
from taketurns.trace.spans import State
from taketurns.watcher.looks import Look

RUNNING, READY, WAITING, _ = State
ME = os.getpid()
MS = 1_000_000
MAIN, OTHER = Thread(ME, "main"), Thread(ME, "1")
LETTERS = {
    "R": (RUNNING, ""),
    "r": (READY, "GIL"),
    "s": (WAITING, "sleep"),
    "l": (WAITING, "lock"),
    "c": (WAITING, CALLED),
    "p": (WAITING, "child process"),
}
NAMES = {meaning: letter for letter, meaning in LETTERS.items()}
BLOCK, FIRST, SECOND = (ME, 0), (ME, 1), (ME, 2)


def pieces(letters):
    """Equal letters that stand together, each with its begin and end."""
    at = 0
    while at < len(letters):
        end = at + len(letters[at:]) - len(letters[at:].lstrip(letters[at]))
        if letters[at] != " ":
            yield letters[at], at * MS, end * MS
        at = end


def lane(letters, task=BLOCK, worker=MAIN):
    """The stretches of a lane, one letter for each ms."""
    return [(Row(at, task, "t", *LETTERS[letter], worker), end) for letter, at, end in pieces(letters)]


def looks(letters):
    return [Look(*LETTERS[letter], None, at, end) for letter, at, end in pieces(letters)]


def drawn(stretches, length, task=None):
    here = [
        [NAMES[row.state, row.reason] for row, end in stretches if task in (None, row.task) and row.at <= at * MS < end]
        for at in range(length)
    ]
    assert all(len(states) <= 1 for states in here)
    return "".join(states[0] if states else " " for states in here)


def left(letters, dealings=(), for_others=frozenset(FOR_OTHERS)):
    times = [(at * MS, end * MS) for at, end in dealings]
    return drawn(own(lane(letters), times, for_others), len(letters))


# What is its own


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("RRRRRlllllRRR", "RRRRR        "),  # a wait for other threads is not its own, nor is what is short
        ("RRRRsRRRRlllll", "RRRRsRRRR     "),  # in pieces it ran for 8 ms
        ("RRRRlRRRRl", "          "),  # and here for 4 ms at most
        ("RsssssR", "RsssssR"),
        ("RssssR", "      "),
        ("ssRsssRssR", "          "),  # no wait is long enough
        ("rrrrrrrr", "        "),
        ("rrrrRRRRR", "rrrrRRRRR"),
        ("lllllll", "       "),
        ("", ""),
    ],
)
def test_an_episode_counts_if_it_ran_or_waited_for_long_enough(letters, expected):
    assert LEAST_RUN_NS == LEAST_WAIT_NS == 5 * MS
    assert left(letters) == expected


@pytest.mark.parametrize(
    ("dealings", "expected"),
    [
        ([(2, 4)], "    RRRRRR"),
        ([(5, 6)], "RRRRR     "),
        ([(0, 10)], "          "),
        ([(0, 1), (6, 7)], " RRRRR    "),
        ([(4, 6)], "          "),
    ],
)
def test_dealings_with_tasks_are_not_its_own(dealings, expected):
    assert left("RRRRRRRRRR", dealings) == expected


def test_which_waits_are_for_others_is_said_by_who_asks():
    assert left("RRRRRcccRRRRRR", for_others={CALLED}) == "RRRRR   RRRRRR"
    assert left("RRRRRlllRRRRRR", for_others={CALLED}) == "RRRRRlllRRRRRR"


# Who has a lane


def sight(seen_of_main, *, until=None, dealings=(), **more):
    """What was seen of the thread of the block, and of another."""
    until = len(seen_of_main) if until is None else until
    row = Row(0, BLOCK, "the block", RUNNING, "", MAIN)
    return Sight(
        looks={MAIN: looks(seen_of_main), **more.pop("others", {})},
        dealings={MAIN: [(at * MS, end * MS) for at, end in dealings]} if dealings else {},
        beside=[(row, (0, until * MS)), *more.pop("beside", [])],
        block=BLOCK,
        **more,
    )


def test_a_block_that_only_waits_for_its_tasks_has_no_lane():
    found = sight("Rlllllllll", others={OTHER: looks(" RRRRRRRRR")}).of(lane(" RRRRRRRRR", FIRST, OTHER))
    assert drawn(found, 10, FIRST) == " RRRRRRRRR"
    assert drawn(found, 10, BLOCK) == " " * 10


def test_a_block_that_waits_where_there_is_no_task_waits_by_itself():
    assert drawn(sight("llllllllRRRRR", dealings=[(0, 8)]).of([]), 13, BLOCK) == "llllllllRRRRR"
    assert drawn(sight("RRRRRllllllRR", dealings=[(0, 12)]).of([]), 13, BLOCK) == "     llllll R"
    found = sight("llllllllRRRRR", dealings=[(0, 8)]).of(lane("         RRRR", FIRST, Thread(ME, "9")))
    assert drawn(found, 13, BLOCK) == "        RRRRR"


def test_what_it_runs_or_waits_for_by_itself_is_in_its_lane():
    found = sight("RRRRRRllllsssssR", others={OTHER: []}).of(lane("      RRRRR", FIRST, Thread(ME, "9")))
    assert drawn(found, 16, BLOCK) == "RRRRRR    sssssR"


def test_alone_it_has_a_lane_from_1_ms_on():
    assert drawn(sight("Rlll").of([]), 4, BLOCK) == "Rlll"
    assert drawn(sight("Rlll").of(lane("R", FIRST, Thread(ME, "9"))), 4, BLOCK) == "    "


def test_its_lane_is_without_the_calls_that_it_carries():
    found = sight("RRRRRRRRRRRRRRRR").of(lane("      RRRR", FIRST))
    assert drawn(found, 16, FIRST) == "      RRRR      "
    assert drawn(found, 16, BLOCK) == "RRRRRR    RRRRRR"


def test_its_lane_ends_where_the_block_ends():
    assert drawn(sight("RRRRRRRRRR", until=6).of([]), 10, BLOCK) == "RRRRRR    "


def test_a_wait_for_child_processes_is_its_own_only_if_they_have_no_lanes():
    child = Thread(ME + 1, "main")
    waits = "pppppppp"
    assert drawn(sight(waits).of([]), 8, BLOCK) == waits
    assert drawn(sight(waits).of(lane(" RRRR", (ME + 1, 1), child)), 8, BLOCK) == "        "


def test_a_thread_from_before_takes_part_only_if_it_does_more_than_wait():
    def lanes(letters):
        beside = [(Row(0, FIRST, "worker", RUNNING, "", OTHER), (0, 8 * MS))]
        found = sight("llllllll", others={OTHER: looks(letters)}, beside=beside, were_there={FIRST}).of([])
        return drawn(found, 8, FIRST)

    assert lanes("ssssllll") == "        "
    assert lanes("sssRllll") == "sssRllll"


def test_a_call_that_a_pool_runs_is_without_the_tasks_that_it_calls():
    stretches = lane("RRRRRcccRR", FIRST, OTHER)
    others = {OTHER: looks("RRRRRRRRRR")}
    assert drawn(sight("l" * 10, others=others, implied={FIRST}).of(stretches), 10, FIRST) == "RRRRR     "
    assert drawn(sight("l" * 10, others=others).of(stretches), 10, FIRST) == "RRRRRcccRR"


def test_a_call_of_the_block_that_deals_with_tasks_is_as_the_block():
    stretches = lane("RRRRRRRRRR", FIRST)
    seen = "RRRRRRllll"
    assert drawn(sight(seen, callers={FIRST}).of(stretches), 10, FIRST) == "RRRRRRllll"
    assert drawn(sight(seen, callers={FIRST}, dealings=[(0, 1)]).of(stretches), 10, FIRST) == " RRRRR    "


def test_the_law_of_the_gil_holds_where_there_is_one():
    others = {OTHER: looks("  RRRRRR")}
    for gil, expected in ((True, "RRrrllll"), (False, "RRRRllll")):
        found = sight("RRRRllll", others=others, gil=gil, implied={FIRST}).of(
            lane("RRRRRRRR", SECOND) + lane("  RRRRRR", FIRST, OTHER)
        )
        assert drawn(found, 8, SECOND) == expected
        assert drawn(found, 8, FIRST) == "  RRRRRR"
