"""Pictures are drawn without a window, and closed after each test."""

import pytest
from matplotlib import pyplot


@pytest.fixture(autouse=True)
def _no_window():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")
