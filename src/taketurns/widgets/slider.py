"""Slider: a choice among a few values. The slider of ipywidgets has no name that a screen reader could tell."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Int, List, Unicode

__all__ = ["Slider"]

HERE = Path(__file__).parent


class Slider(anywidget.AnyWidget):
    """One of some values, chosen by its ``index``. With ``continuous`` it tells each value that it passes."""

    _esm = HERE / "slider.js"
    _css = HERE / "slider.css"

    name = Unicode().tag(sync=True)
    texts = List(Unicode()).tag(sync=True)
    index = Int(0).tag(sync=True)
    continuous = Bool(False).tag(sync=True)

    def __init__(self, name: str, values: Sequence[Any], value: Any, continuous: bool = False) -> None:
        self.values = values
        super().__init__(name=name, texts=list(map(str, values)), index=values.index(value), continuous=continuous)

    @property
    def value(self) -> Any:
        """The value that is chosen; ``ValueError`` where it is set to none of the values."""
        return self.values[self.index]

    @value.setter
    def value(self, value: Any) -> None:
        self.index = self.values.index(value)
