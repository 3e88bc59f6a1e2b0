"""What a program imports only inside of its block is recorded too.

So trio, uvloop, greenlet and what stands on them, and pools of processes.
"""

from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from typing import Any

from taketurns.recording import of_greenlets, of_pools, of_processes, of_trio, of_uvloop, recorder
from taketurns.recording.patches import Patches, without_ours
from taketurns.recording.recorder import Recorder

__all__ = ["install", "remove"]

#: By the name of a module: what hooks into it once it is imported.
_HOOKS: dict[str, Callable[[Recorder], None]] = {
    of_trio.MODULE: of_trio.hook,
    of_uvloop.MODULE: of_uvloop.hook,
    of_greenlets.MODULE: of_greenlets.hook,
    **dict.fromkeys(of_pools.MODULES, of_pools.hook),
    **dict.fromkeys(of_processes.MODULES, of_processes.hook),
}

_patches = Patches()


def install(mine: Recorder) -> None:
    """Begin to hear of imports in a recording."""
    _patches.put(mine, SourceFileLoader, "exec_module", _exec_module)


def remove(mine: Recorder) -> None:
    """Put back what is still ours."""
    _patches.remove(mine)


def _exec_module(mine: Recorder, plain: Callable[..., Any]) -> Callable[..., Any]:
    def exec_module(loader: Any, module: Any) -> None:
        try:
            plain(loader, module)
        except BaseException as error:
            without_ours(error)
            raise
        if recorder.on is mine and (hook := _HOOKS.get(module.__name__)) is not None:
            hook(mine)

    return exec_module
