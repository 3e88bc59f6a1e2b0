"""sliders(): a picture that is drawn anew when a slider moves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from time import perf_counter
from typing import Any

import anywidget
from traitlets import Dict, Int, List, TraitError, Unicode, validate

from taketurns.pictures.figures import DescribedAxes, DescribedFigure, img
from taketurns.pictures.sketch import sketch
from taketurns.trace.text import describe
from taketurns.trace.trace import Trace
from taketurns.widgets.frames import frames, is_pure
from taketurns.widgets.still import Still

__all__ = ["Sliders", "sliders"]

HERE = Path(__file__).parent
LONG = 1.0  # seconds: what has taken longer is drawn only when somebody asks for it


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
    lists = {name: list(of) for name, of in values.items()}
    return Sliders(draw, lists, [_start(name, of, parameters[name].default) for name, of in lists.items()])


def _start(name: str, values: list[Any], default: Any) -> int:
    """Return where in its values a slider begins."""
    if not values:
        raise ValueError(f"the slider {name} needs values to choose from, as in {name}=[1, 5, 20]")
    if default is inspect.Parameter.empty:
        return 0
    if default not in values:
        raise ValueError(f"the slider {name} begins at its default, {default!r}, which is none of its values: {values}")
    return values.index(default)


class Sliders(Still, anywidget.AnyWidget):
    """Sliders, and beneath them what they choose."""

    _esm = HERE / "sliders.js"
    _css = HERE / "sliders.css"

    places = List(Int(), help="for each slider, which of its values is chosen").tag(sync=True)
    picture = Unicode(help="what they choose, as HTML").tag(sync=True)
    _sliders: Any = List(help="for each slider, its name and the texts of its values").tag(sync=True)
    _frames = Dict(help="what a page without a kernel shows").tag(sync=True)

    def __init__(self, draw: Callable[..., Any], values: dict[str, list[Any]], places: list[int]) -> None:
        self.draw, self.values = draw, values
        self._is_pure, self._took = False, 0.0
        told = [{"name": name.replace("_", " "), "texts": list(map(str, of))} for name, of in values.items()]
        super().__init__(places=places, _sliders=told)
        self._redraw()
        self.observe(self._redraw, "places")

    @validate("places")
    def _within(self, proposal: dict[str, Any]) -> list[int]:
        """Return the places that were asked for; ``TraitError`` where a slider has no such value."""
        places: list[int] = proposal["value"]
        sizes = list(map(len, self.values.values()))
        if len(places) != len(sizes) or not all(0 <= place < size for place, size in zip(places, sizes, strict=True)):
            raise TraitError(f"the sliders have {sizes} values, and so no places {places}")
        return places

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that the sliders have now."""
        return self._chosen(self.places)

    def choose(self, **values: Any) -> None:
        """Move sliders to values; ``KeyError`` where one is not there, ``ValueError`` where it has no such value."""
        moved = {name: self.values[name].index(value) for name, value in values.items()}
        self.places = [moved.get(name, place) for name, place in zip(self.values, self.places, strict=True)]

    def _chosen(self, places: list[int]) -> dict[str, Any]:
        return {name: of[place] for (name, of), place in zip(self.values.items(), places, strict=True)}

    @property
    def still(self) -> str:
        """What they choose now."""
        return str(self.picture)

    @property
    def alone(self) -> dict[str, Any] | None:
        """The state with which its script does without a kernel: with frames, where they are harmless and quick."""
        if not self._is_pure or self._took > LONG:
            return None
        drawn = frames(lambda places: self._parts(places)[0], [*map(len, self.values.values())], list(self.places))
        if drawn is None:
            return None
        told = zip(self._sliders, drawn["values"], strict=True)
        fewer = [{**slider, "texts": [slider["texts"][place] for place in of]} for slider, of in told]
        return {**(super().alone or {}), "places": drawn["start"], "_sliders": fewer, "_frames": drawn}

    def _redraw(self, _change: object = None) -> None:
        begin = perf_counter()
        parts, drawn = self._parts(self.places)
        self._is_pure, self._took = is_pure(self.draw, drawn), perf_counter() - begin
        self.picture = "".join(parts)

    def _parts(self, places: list[int]) -> tuple[list[str], Any]:
        """Return what sliders at these places show, as HTML in parts, and what it was made of."""
        try:
            drawn = self.draw(**self._chosen(places))
            return [_html(part) for part in (drawn if isinstance(drawn, tuple) else (drawn,))], drawn
        except Exception as error:  # noqa: BLE001 - a slider has no cell that could show a traceback
            return [f"<pre>✗ {escape(describe(error))}</pre>"], None

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
