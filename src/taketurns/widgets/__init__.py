"""Pictures that answer: what a learner can zoom, pan and hover. They alone need ipywidgets, anywidget, anytimeline."""

from __future__ import annotations

from taketurns.widgets.explore import explore
from taketurns.widgets.hall import hall
from taketurns.widgets.sliders import sliders
from taketurns.widgets.stepper import stepper

__all__ = ["explore", "hall", "sliders", "stepper"]
