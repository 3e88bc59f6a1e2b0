"""sliders(): a picture that is drawn anew when a slider moves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from ipywidgets import HTML, VBox

from taketurns.pictures.figures import DescribedAxes, DescribedFigure, img
from taketurns.pictures.sketch import sketch
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace
from taketurns.widgets.slider import Slider
from taketurns.widgets.still import Still

__all__ = ["Sliders", "sliders"]


def sliders(draw: Callable[..., Any], **values: Sequence[Any]) -> Sliders:
    """Return a widget with what ``draw`` gives, drawn anew with the values that its sliders choose.

    Each keyword is a parameter of ``draw`` and the values that its slider has; it begins at the parameter's default, or
    else at the first. ``draw`` gives a trace, a figure or axes of ours, or text, or a tuple of these, which stand
    beneath each other. What it raises is shown in its place.
    ``TypeError`` where ``draw`` has no such parameter, ``ValueError`` where there are no values or not the default.
    """
    parameters = inspect.signature(draw).parameters
    if unknown := values.keys() - parameters.keys():
        raise TypeError(
            f"sliders() was given {', '.join(sorted(unknown))}, but {getattr(draw, '__name__', draw)} has the "
            f"parameters {', '.join(parameters) or 'none'}"
        )
    if not values:
        raise TypeError("sliders() needs values to choose from, as in sliders(draw, interval=[1, 5, 20])")
    return Sliders(draw, {name: _slider(name, list(of), parameters[name].default) for name, of in values.items()})


def _slider(name: str, values: list[Any], default: Any) -> Slider:
    if not values:
        raise ValueError(f"the slider {name} needs values to choose from, as in {name}=[1, 5, 20]")
    start = values[0] if default is inspect.Parameter.empty else default
    if start not in values:
        raise ValueError(f"the slider {name} begins at its default, {start!r}, which is none of its values: {values}")
    return Slider(name.replace("_", " "), values, start)


class Sliders(Still, VBox):  # type: ignore[misc]
    """Sliders, and beneath them what they choose."""

    def __init__(self, draw: Callable[..., Any], controls: dict[str, Slider]) -> None:
        self.draw, self.controls, self.picture = draw, controls, HTML()
        for control in controls.values():
            control.observe(self._redraw, "index")
        self._redraw()
        super().__init__([*controls.values(), self.picture])

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that the sliders have now."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def still(self) -> str:
        """What they choose now."""
        return str(self.picture.value)

    def _redraw(self, _change: object = None) -> None:
        try:
            self.picture.value = _html(self.draw(**self.chosen))
        except Exception as error:  # noqa: BLE001 - a slider has no cell that could show a traceback
            self.picture.value = f"<pre>✗ {escape(describe(error))}</pre>"

    def __repr__(self) -> str:
        return f"<Sliders {', '.join(f'{name}={value!r}' for name, value in self.chosen.items())}>"


def _html(value: Any) -> str:
    """Return what stands for a value on a page."""
    if isinstance(value, tuple):
        return "".join(map(_html, value))
    if isinstance(value, Trace):
        return sketch(value)
    figure = value.get_figure(root=True) if isinstance(value, DescribedAxes) else value
    if isinstance(figure, DescribedFigure):
        return _closed(figure)
    to_html = getattr(value, "_repr_html_", None)
    return (to_html and to_html()) or f"<pre>{escape(str(value))}</pre>"


def _closed(figure: DescribedFigure) -> str:
    """Return a figure as HTML; pyplot must not show it once more at the end of the cell."""
    from matplotlib import pyplot

    pyplot.close(figure)
    return img(figure, figure.alt)
