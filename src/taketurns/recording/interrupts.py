"""Ctrl-C in a program of asyncio: what its tasks wait for is looked at before they are canceled."""

from collections.abc import Callable
from typing import Any

from taketurns.recording.chains import chains
from taketurns.recording.patches import without_ours
from taketurns.recording.recorder import Recorder

__all__ = ["on_interrupt"]


def on_interrupt(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return what `asyncio.Runner` does on Ctrl-C, in a recording."""

    def _on_sigint(*args: Any, **named: Any) -> None:
        mine.at_interrupt = mine.at_interrupt or list(chains(mine.awaits, mine.now()))
        try:
            plain(*args, **named)
        except BaseException as error:
            without_ours(error)
            raise

    return _on_sigint
