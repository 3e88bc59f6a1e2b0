"""Names beside lanes, and those of groups of lanes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taketurns.pictures.names import LEAST, LINE, MOST, Label, labels


@given(st.lists(st.text(max_size=40), max_size=MOST), st.floats(LEAST, 1))
def test_each_lane_has_its_name_while_there_are_no_more_than_can_be_read(names, inches):
    assert [(label.first, label.last) for label in labels(names, inches)] == [(row, row) for row in range(len(names))]
    assert all(len(label.text) <= 24 for label in labels(names, inches))


@given(st.lists(st.sampled_from(["page 1", "page 2", "load(3)", "main", "board 9"]), min_size=49), st.floats(1e-4, 0.3))
def test_groups_take_all_lanes_one_after_another_and_none_is_lower_than_a_line_of_text(names, inches):
    found = labels(names, inches)
    assert [found[0].first, *(label.last for label in found)] == [
        0,
        *(label.first - 1 for label in found[1:]),
        len(names) - 1,
    ]
    assert all(round((label.last - label.first + 1) * inches, 9) >= round(LINE, 9) for label in found[:-1])
    assert all(one.last < other.first for one, other in pairwise(found))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([f"board {n}" for n in range(60)], ["board 0–19", "board 20–39", "board 40–59"]),
        ([f"page({n})" for n in range(60)], ["page(0–19)", "page(20–39)", "page(40–59)"]),
        (
            [*(f"page {n}" for n in range(20)), *(f"load {n}" for n in range(40))],
            ["page 0–19", "load 0–19", "load 20–39"],
        ),
        (["main", *(f"page {n}" for n in range(59))], ["main … page 19", "page 20–39", "page 40–58"]),
    ],
)
def test_groups_are_of_names_that_begin_alike(names, said):
    assert [label.text for label in labels(names, 0.022)] == said


def test_a_name_stands_in_the_middle_of_its_group():
    assert Label(10, 19, "").middle == 14.5
