"""Marks and legends: what is drawn for a span, and what explains it, look alike in every picture."""

import re
from base64 import b64decode
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from taketurns import Span, State, Trace
from taketurns.pictures.lanes import lane_inches
from taketurns.pictures.looks import LOOKS, explained, look_of
from taketurns.pictures.sketch import sketch
from taketurns.pictures.timeline import timeline

SVG = "{http://www.w3.org/2000/svg}"
SPANS = {
    "RUNNING": Span("a", "RUNNING", "one", 0, 1),
    "READY": Span("a", "READY", "one", 1, 2),
    "WAITING": Span("a", "WAITING", "one", 2, 3),
    "NOT SEEN": Span("a", "NOT SEEN", "one", 3, 4),
    "for others": Span("a", "WAITING", "one", 4, 5, "lock"),
    "holds the loop": Span("a", "WAITING", "one", 5, 6, "sleep, holds the event loop"),
    "in turns": Span("b", "RUNNING", "two", 0, 3, "GIL"),
}


class Drawn(NamedTuple):
    """What was drawn: its color, its height, and the color of its pattern, where it has one."""

    color: str
    height: float
    ink: str


def by_matplotlib(trace):
    """Return what a timeline draws by the looks' keys, and by what its legend says."""
    figure = Figure()
    ax = timeline(trace, ax=figure.subplots())
    figure.draw_without_rendering()
    bars = [bars for bars in ax.collections if bars.get_gid() in LOOKS]
    marks = {}
    for each in bars:
        (color,), (edge,) = map(tuple, (each.get_facecolor(), each.get_edgecolor()))
        tall = float(each.get_paths()[0].get_extents().height)
        marks[each.get_gid()] = Drawn(to_hex(color), round(tall, 6), to_hex(edge) if each.get_hatch() else "")
    legend = ax.get_legend()
    lines = zip(legend.get_texts(), legend.get_patches(), strict=True) if legend else ()
    told = {
        text.get_text(): Drawn(
            to_hex(patch.get_facecolor()),
            round(patch.get_height() / text.get_fontsize(), 6),
            to_hex(patch.get_edgecolor()) if patch.get_hatch() else "",
        )
        for text, patch in lines
    }
    return marks, told


def by_svg(trace):
    """Return the same of a sketch."""
    found = re.search(r'base64,([^"]*)"', sketch(trace))
    svg = ElementTree.fromstring(b64decode(found[1]))
    patterns = {f"url(#{each.get('id')})": [path.get("fill") for path in each] for each in svg.iter(f"{SVG}pattern")}

    def drawn(path, whole):
        color, *ink = patterns.get(path.get("fill"), [path.get("fill")])
        tall = float(re.search(r"v([\d.]+)", path.get("d"))[1]) / whole
        return Drawn(color, round(tall, 2), "".join(ink))

    lane = 100 * lane_inches(len(trace.tasks) or 1, "task")
    paths = [path for path in svg.iter(f"{SVG}path") if path.get("class")]
    marks = {path.get("class"): drawn(path, lane) for path in paths if path.get("class") != "legend"}
    words = [text.text for text in svg.iter(f"{SVG}text")]
    swatches = [drawn(path, 16) for path in paths if path.get("class") == "legend"]
    return marks, dict(zip(words[len(words) - len(swatches) :], swatches, strict=True))


@pytest.mark.parametrize("draw", [by_matplotlib, by_svg])
@pytest.mark.parametrize(
    "keys", [[*LOOKS], ["in turns"], ["RUNNING"], ["RUNNING", "in turns"], ["READY", "WAITING"], []]
)
def test_marks_and_legend_show_the_looks_that_occur_and_no_other(keys, draw):
    trace = Trace("all", tuple(SPANS[key] for key in keys))
    marks, legend = draw(trace)
    looks = [look for look in LOOKS.values() if look.key in keys]
    assert marks == {look.key: Drawn(look.color, look.height, look.ink) for look in looks}
    assert list(legend.items()) == [(explained(look, trace), marks[look.key]) for look in looks]


def test_each_kind_of_span_has_a_look_and_the_looks_differ():
    assert {key: look_of(span).key for key, span in SPANS.items()} == dict(zip(SPANS, SPANS, strict=True))
    assert {*SPANS} == {*LOOKS}
    assert len({look.meaning for look in LOOKS.values()}) == len({look.layer for look in LOOKS.values()}) == len(LOOKS)
    states = [LOOKS[state] for state in State]
    assert len({look.color for look in states}) == len({look.height for look in states}) == len(State)


REAL = {"clock": "real"}


def ran(seconds, reason="core", more=0, beside=(), origin=REAL):
    """Return a task that ran, was off its core for so long, or for more after the GIL, and ran again, beside others."""
    back = 0.01 + seconds
    spans = [
        Span("a", "RUNNING", "one", 0, 0.01),
        Span("a", "READY", "one", 0.01, back, reason),
        *([Span("a", "READY", "one", back, back + more, "GIL")] if more else []),
        Span("a", "RUNNING", "one", back + more, 0.03),
    ]
    return Trace("a", (*spans, *beside), origin=origin)


@pytest.mark.parametrize(
    ("trace", "shown"),
    [
        (ran(0.0009), False),
        (ran(0.0009, "GIL"), False),
        (ran(0.0005, more=0.0004), False),  # for the GIL, and then for a core
        (ran(0.0009, more=0.0004), True),
        (ran(0.0011), True),  # this long anybody sees
        (ran(0.0009, "event loop"), True),  # it was suspended: that the program does
        (ran(0.0009, beside=[Span("b", "RUNNING", "two", 0.009, 0.012)]), True),  # another one had the core
        (ran(0.0009, beside=[Span("b", "RUNNING", "two", 0.0101, 0.0102)]), True),
        (ran(0.0009, beside=[Span("b", "WAITING", "two", 0.009, 0.012)]), False),
        (ran(0.0009, origin={"clock": "simulated"}), True),  # there it is exact
    ],
)
def test_a_short_gap_in_a_lone_task_is_not_drawn(trace, shown):
    marks, _ = by_matplotlib(trace)
    assert ("READY" in marks) is shown


def test_beneath_gaps_too_thin_to_be_seen_the_bar_is_paler_and_others_stay_white():
    spans = [
        span
        for n in range(5)
        for span in (Span("a", "RUNNING", "w", n, n + 0.5), Span("a", "READY", "w", n + 0.5, n + 1, "core"))
    ]
    ax = timeline(Trace("gaps", (*spans, Span("a", "RUNNING", "w", 5, 1000))))
    gaps = next(each for each in ax.collections if each.get_gid() == "gaps")
    ax.figure.draw_without_rendering()
    assert len(gaps.get_paths()) == 5
    ax.set_xlim(0, 10)
    ax.figure.draw_without_rendering()
    assert len(gaps.get_paths()) == 0
