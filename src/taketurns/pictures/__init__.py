"""Pictures of traces, through matplotlib.

A folder, because a module ``taketurns.timeline`` would stand in the way of the function of that name.
"""

__all__: list[str] = []
