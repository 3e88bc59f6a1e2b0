import sys
from functools import cache

import pytest

from taketurns import Span, State, Trace, chart, record
from taketurns.widgets import frames as of_frames
from taketurns.widgets.frames import frames, is_pure, some


def trace(clock):
    return Trace("a", (Span("a", State.RUNNING, "main thread", 0, 1),), {"clock": clock} if clock else {})


class Picture:
    def __init__(self, *traces):
        self.traces = traces


@pytest.mark.parametrize(
    ("drawn", "pure"),
    [
        (trace("simulated"), True),
        (trace("predicted"), True),
        (trace("real"), False),
        (trace(""), False),
        ((trace("simulated"), "in words"), True),
        ((trace("simulated"), trace("real")), False),
        (("in words", Picture(trace("simulated"))), True),
        (Picture(trace("real")), False),
        (Picture(), False),
        (Picture("no trace"), False),
        ((trace("simulated"), 5), False),
        ("in words", False),
        ((), False),
        (None, False),
    ],
)
def test_only_what_comes_from_simulated_time_may_be_drawn_unasked(drawn, pure):
    assert is_pure(lambda: drawn, drawn) is pure


def test_a_function_whose_calls_may_be_left_out_may_be_called_unasked():
    assert is_pure(cache(lambda n: n), "whatever it gives")
    assert not is_pure(lambda n: chart("a", "b", "c", alt="d"), None)


def test_one_slider_at_a_time_is_moved_and_each_part_is_kept_once():
    asked = []

    def parts_at(places):
        asked.append(tuple(places))
        return [f"picture {places[0]}", f"words {places[1]}"]

    assert frames(parts_at, [3, 2], [1, 0]) == {
        "start": [1, 0],
        "values": [[0, 1, 2], [0, 1]],
        "parts": ["picture 0", "words 0", "picture 1", "picture 2", "words 1"],
        "shown": [[[0, 1], [2, 1], [3, 1]], [[2, 1], [2, 4]]],
    }
    assert asked == [(0, 0), (1, 0), (2, 0), (1, 1)], "each once"


def test_of_many_values_some_have_a_frame_with_the_first_and_the_last_and_where_it_stands():
    assert some(12, 5) == list(range(12))
    assert some(36, 23) == [0, 3, 6, 10, 13, 16, 19, 22, 23, 25, 29, 32, 35]
    found = frames(lambda places: [str(places)], [1000], [500])
    assert (len(found["values"][0]), found["values"][0][found["start"][0]]) == (13, 500)


def test_nothing_is_drawn_unasked_while_a_recording_is_on():
    asked = []
    with record():
        assert frames(asked.append, [3], [0]) is None
    assert asked == []


def test_what_takes_too_long_or_is_too_much_is_left(monkeypatch):
    asked = []

    def parts_at(places):
        asked.append(places)
        return [""]

    assert frames(parts_at, [12] * 9, [0] * 9) is None
    assert asked == []
    monkeypatch.setattr(of_frames, "SECONDS", -1)
    assert frames(parts_at, [3], [0]) is None
    assert asked == []


def test_what_a_function_prints_unasked_stands_nowhere(capsys):
    frames(lambda places: [str(sys.stdout.write("x"))], [3], [0])
    assert capsys.readouterr() == ("", "")
