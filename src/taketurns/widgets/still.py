"""Still: a widget that a page without a kernel can show."""

from typing import Any

from anywidget import AnyWidget

from taketurns.widgets.live import live

__all__ = ["Still"]

#: What every widget has, and its script is not to know.
COMMON = {*AnyWidget.class_trait_names(sync=True), "_anywidget_id", "_esm", "_css"}


class Still:
    """A widget whose ``still``, as HTML, and ``repr`` are shown by a page without a kernel: a saved one, GitHub.

    Where the page runs scripts, the widget takes the place of its still. It stands before the class of anywidget, whose
    own bundle goes with it: a dict, a tuple with its metadata, or ``None`` where the widget has no view.
    """

    @property
    def still(self) -> str:
        """The widget as it is now, as HTML that needs no script."""
        raise NotImplementedError

    @property
    def alone(self) -> dict[str, Any] | None:
        """The state with which its script does without a kernel; ``None`` where it cannot."""
        state: dict[str, Any] = self.get_state(set(self.keys) - COMMON)  # type: ignore[attr-defined]
        return state

    def _repr_mimebundle_(self, **options: Any) -> Any:
        html = live(self.still, str(self._esm), str(self._css), self.alone)  # type: ignore[attr-defined]
        still = {"text/html": html, "text/plain": repr(self)}
        match super()._repr_mimebundle_(**options):  # type: ignore[misc]
            case data, metadata:
                return {**data, **still}, metadata
            case data:
                return {**(data or {}), **still}
