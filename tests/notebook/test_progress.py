import sys
from types import SimpleNamespace

import pytest

from taketurns import progress


@pytest.fixture
def shown(monkeypatch):
    """What a notebook is told to show, or None where it is told to clear it."""
    from IPython import display

    told = []
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace(kernel="a kernel"))
    monkeypatch.setattr(display, "display", lambda html: told.append(html.data))
    monkeypatch.setattr(display, "clear_output", lambda: told.append(None))
    return told


def test_it_says_what_is_done_and_goes_when_it_is_done(shown):
    with progress("24 boards & one master"):
        (bar,) = shown
        assert bar.startswith('<progress aria-label="24 boards &amp; one master"></progress>')
    assert shown == [bar, None]


def test_it_goes_where_the_block_fails(shown):
    with pytest.raises(KeyboardInterrupt), progress("too long"):
        raise KeyboardInterrupt
    assert shown[1:] == [None]


def test_outside_of_a_notebook_it_shows_nothing(capsys):
    with progress("in a script"):
        pass
    assert capsys.readouterr() == ("", "")
