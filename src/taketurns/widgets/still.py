"""Still: what a page shows that cannot run a widget."""

from typing import Any

__all__ = ["Still"]


class Still:
    """A widget whose ``still``, as HTML, and ``repr`` are shown by a page without a kernel: a saved one, GitHub.

    It stands before the class of ipywidgets or anywidget, whose own bundle goes with it: a dict, a tuple with its
    metadata, or ``None`` where the widget has no view.
    """

    @property
    def still(self) -> str:
        """The widget as it is now, as HTML that needs no script."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        still = {"text/html": self.still, "text/plain": repr(self)}
        match super()._repr_mimebundle_(**options):  # type: ignore[misc]
            case data, metadata:
                return {**data, **still}, metadata
            case data:
                return {**(data or {}), **still}
