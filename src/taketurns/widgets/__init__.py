"""Pictures that answer: what a learner can zoom, pan and hover. Only these modules need ipywidgets or anytimeline."""

from __future__ import annotations

from taketurns.widgets.explore import explore
from taketurns.widgets.sliders import sliders
from taketurns.widgets.stepper import stepper

__all__ = ["explore", "sliders", "stepper"]
