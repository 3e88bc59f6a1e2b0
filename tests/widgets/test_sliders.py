import json

import pytest
from matplotlib import pyplot as plt
from test_live import unpacked
from traitlets import TraitError

from taketurns import Span, Trace, chart, sliders
from taketurns.widgets import sliders as of_sliders
from taketurns.widgets.live import NEEDS_KERNEL


def draw(interval=5, threads=2):
    return Trace(f"{threads} threads, {interval} ms", (Span("a", "RUNNING", "main thread", 0, 1),))


def test_it_draws_with_the_defaults_and_anew_with_what_is_chosen():
    shown = sliders(draw, interval=[1, 5, 20], threads=[2, 4])
    assert shown.chosen == {"interval": 5, "threads": 2}
    assert 'alt="2 threads, 5 ms: ' in shown.picture
    shown.choose(interval=20)
    shown.places = [2, 1]
    assert 'alt="4 threads, 20 ms: ' in shown.picture
    assert repr(shown) == "<Sliders interval=20, threads=4>"


def test_a_parameter_without_a_default_begins_at_its_first_value():
    assert sliders(lambda seconds: seconds, seconds=[0.1, 0.2]).chosen == {"seconds": 0.1}


def test_a_slider_is_named_and_goes_to_none_but_its_values():
    shown = sliders(lambda switch_interval: "", switch_interval=[1, 2])
    assert shown._sliders == [{"name": "switch interval", "texts": ["1", "2"]}]
    for places in ([2], [-1], [], [0, 0]):
        with pytest.raises(TraitError, match=r"the sliders have \[2\] values"):
            shown.places = places
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own words, which change from version to version
        shown.choose(switch_interval=3)
    with pytest.raises(KeyError):
        shown.choose(interval=1)
    assert shown.places == [0]


def test_a_page_that_cannot_run_it_shows_its_still_and_says_what_it_lacks():
    shown = sliders(draw, interval=[1, 5])
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["text/html"] == shown.picture + NEEDS_KERNEL
    assert bundle["text/plain"] == "<Sliders interval=5>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def simulated(tasks=2):
    spans = (Span(f"{n}", "RUNNING", "main thread", 0, 1) for n in range(tasks))
    return Trace(f"{tasks} tasks", tuple(spans), {"clock": "simulated"}), f"{tasks} of them"


def test_what_comes_from_simulated_time_is_drawn_for_a_page_without_a_kernel():
    shown = sliders(simulated, tasks=[1, 2, 3])
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["text/html"].startswith(f'<div class="taketurns-live">{shown.picture}<script>')
    state = json.loads(unpacked(bundle["text/html"]))["state"]
    assert state["places"] == [1]
    assert state["_sliders"] == [{"name": "tasks", "texts": ["1", "2", "3"]}]
    frames = ["".join(state["_frames"]["parts"][part] for part in parts) for parts in state["_frames"]["shown"][0]]
    assert [f"{n} of them" in frame and f'alt="{n} tasks: ' in frame for n, frame in enumerate(frames, 1)] == [True] * 3
    assert frames[1] == state["picture"]


def test_of_many_values_a_page_without_a_kernel_has_some():
    state = sliders(simulated, tasks=range(1, 31)).alone
    assert state["_sliders"][0]["texts"][:3] == ["1", "2", "4"]
    assert state["_sliders"][0]["texts"][state["places"][0]] == "2"
    assert len(state["_frames"]["shown"][0]) == len(state["_sliders"][0]["texts"]) == 13


def test_what_is_recorded_or_takes_long_is_called_when_it_is_asked_for_and_never_else(monkeypatch):
    asked = []
    shown = sliders(lambda n: asked.append(n) or draw(n), n=[1, 2, 3])
    shown._repr_mimebundle_()
    assert asked == [1]
    monkeypatch.setattr(of_sliders, "LONG", -1)
    shown = sliders(lambda n: asked.append(n) or simulated(n), n=[1, 2, 3])
    shown._repr_mimebundle_()
    assert asked == [1, 1]


def test_charts_and_text_are_shown_too_and_pyplot_keeps_nothing():
    shown = sliders(lambda n: chart("a", "b", "c", alt=f"{n} < 3") if n < 3 else "2 < 3", n=[2, 3])
    assert 'alt="2 &lt; 3"' in shown.picture
    assert plt.get_fignums() == []
    shown.choose(n=3)
    assert shown.picture == "<pre>2 &lt; 3</pre>"


def test_what_draw_raises_is_shown_and_the_next_value_works(capsys):
    shown = sliders(lambda n: 1 / n, n=[0, 1])
    assert shown.picture == "<pre>✗ ZeroDivisionError: division by zero</pre>"
    shown.choose(n=1)
    assert shown.picture == "<pre>1.0</pre>"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"speed": [1]}, TypeError, "given speed, but draw has the parameters interval, threads"),
        ({}, TypeError, r"needs values to choose from, as in sliders\("),
        ({"interval": []}, ValueError, "the slider interval needs values"),
        ({"interval": [1, 2]}, ValueError, "begins at its default, 5, which is none of its values"),
    ],
)
def test_bad_input_is_told(values, error, said):
    with pytest.raises(error, match=said):
        sliders(draw, **values)


def test_a_tuple_stands_beneath_each_other_and_a_trace_is_drawn_quickly():
    shown = sliders(lambda n: (draw(n), "what it means"), n=[1, 2]).picture
    assert shown.index('src="data:image/svg+xml') < shown.index("<pre>what it means</pre>")
