import pytest
from matplotlib import pyplot as plt

from taketurns import Span, Trace, chart, sliders


def draw(interval=5, threads=2):
    return Trace(f"{threads} threads, {interval} ms", (Span("a", "RUNNING", "main thread", 0, 1),))


def test_it_draws_with_the_defaults_and_anew_with_what_is_chosen():
    shown = sliders(draw, interval=[1, 5, 20], threads=[2, 4])
    assert shown.chosen == {"interval": 5, "threads": 2}
    assert 'alt="2 threads, 5 ms: ' in shown.picture.value
    shown.controls["interval"].value = 20
    shown.controls["threads"].value = 4
    assert 'alt="4 threads, 20 ms: ' in shown.picture.value
    assert repr(shown) == "<Sliders interval=20, threads=4>"


def test_a_parameter_without_a_default_begins_at_its_first_value():
    assert sliders(lambda seconds: seconds, seconds=[0.1, 0.2]).chosen == {"seconds": 0.1}


def test_a_slider_is_named_and_is_another_value_as_soon_as_its_index_is():
    (slider,) = sliders(lambda switch_interval: "", switch_interval=[1, 2]).controls.values()
    assert (slider.name, slider.texts, slider.continuous) == ("switch interval", ["1", "2"], False)
    slider.index = 1
    assert slider.value == 2
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own words, which change from version to version
        slider.value = 3
    assert slider.value == 2


def test_a_page_that_cannot_run_it_shows_its_still():
    shown = sliders(draw, interval=[1, 5])
    bundle = shown._repr_mimebundle_()
    assert bundle["text/html"] == shown.picture.value
    assert bundle["text/plain"] == "<Sliders interval=5>"
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_charts_and_text_are_shown_too_and_pyplot_keeps_nothing():
    shown = sliders(lambda n: chart("a", "b", "c", alt=f"{n} < 3") if n < 3 else "2 < 3", n=[2, 3])
    assert 'alt="2 &lt; 3"' in shown.picture.value
    assert plt.get_fignums() == []
    shown.controls["n"].value = 3
    assert shown.picture.value == "<pre>2 &lt; 3</pre>"


def test_what_draw_raises_is_shown_and_the_next_value_works(capsys):
    shown = sliders(lambda n: 1 / n, n=[0, 1])
    assert shown.picture.value == "<pre>✗ ZeroDivisionError: division by zero</pre>"
    shown.controls["n"].value = 1
    assert shown.picture.value == "<pre>1.0</pre>"
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
    shown = sliders(lambda n: (draw(n), "what it means"), n=[1, 2]).picture.value
    assert shown.index('src="data:image/svg+xml') < shown.index("<pre>what it means</pre>")
