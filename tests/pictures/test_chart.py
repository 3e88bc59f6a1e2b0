import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from taketurns import chart


def test_a_chart_has_its_words_and_its_alternative_text():
    ax = chart("Speed-up", "processes", "times faster", alt="It grows to 2.")
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("Speed-up", "processes", "times faster")
    assert ax.get_figure().alt == "It grows to 2."


def test_its_lines_can_be_told_apart_without_color():
    ax = chart("a", "b", "c", alt="Three lines.")
    lines = [ax.plot([0, 1])[0] for _ in range(3)]
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == 3
    assert to_hex(lines[0].get_color()) == "#1f6fb8"


def test_it_shows_itself_once_with_its_alternative_text(monkeypatch):
    shown = []
    monkeypatch.setattr("taketurns.pictures.figures._display", shown.append)
    chart("a", "b", "c", alt="A & B")._ipython_display_()
    assert [bundle["text/plain"] for bundle in shown] == ["A & B"]
    assert 'alt="A &amp; B"' in shown[0]["text/html"]
    assert plt.get_fignums() == []


def test_the_style_of_the_user_has_no_say():
    with plt.rc_context({"axes.facecolor": "black", "text.color": "white", "axes.spines.top": True}):
        ax = chart("a", "b", "c", alt="Nothing yet.")
    assert to_hex(ax.get_facecolor()) == "#ffffff"
    assert not ax.spines["top"].get_visible()


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_without_words_there_is_no_chart(alt):
    with pytest.raises(ValueError, match="needs alt, a sentence such as"):
        chart("a", "b", "c", alt=alt)
    assert plt.get_fignums() == []
