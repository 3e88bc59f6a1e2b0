"""Pictures that answer: what a learner can zoom, pan and hover. Only these modules need ipywidgets or anytimeline."""

from __future__ import annotations

from taketurns.widgets.explore import explore
from taketurns.widgets.sliders import sliders

__all__ = ["explore", "sliders"]
