"""progress(): a cell that takes a while says so."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

__all__ = ["progress"]


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show in a notebook what is being done, with a bar that moves until the block ends.

    The browser moves the bar, so it disturbs no measurement. In the end it is taken away, with whatever the cell has
    shown until then. Outside of a notebook it shows nothing.
    """
    if not _in_a_notebook():
        yield
        return
    from IPython.display import HTML, clear_output, display

    said = escape(what)
    display(HTML(f'<progress aria-label="{said}"></progress> {said} …'))  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        clear_output()  # type: ignore[no-untyped-call]


def _in_a_notebook() -> bool:
    """Return whether a kernel runs this; IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
