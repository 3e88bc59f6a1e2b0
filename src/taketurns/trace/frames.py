"""Whose code a frame runs: a learner's, the standard library's, or ours."""

from functools import cache
from os.path import abspath, commonpath, join, realpath
from types import FrameType

__all__ = ["is_learners"]

OURS = __name__.partition(".")[0]


def is_learners(frame: FrameType) -> bool:
    """Return whether a frame runs code that is neither ours, known by its module, nor the standard library's."""
    module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] != OURS and not in_standard_library(frame.f_code.co_filename)


@cache
def in_standard_library(path: str) -> bool:
    """Return whether a file belongs to the standard library, by sysconfig's folders for it and for what is installed.

    What Python froze into itself has no file, and a name such as ``<frozen runpy>``.
    """
    import sysconfig  # here: `import taketurns` is quick

    if path.startswith("<"):
        return path.startswith("<frozen ")
    folders = sysconfig.get_paths()
    home = [folders["stdlib"], folders["platstdlib"]]
    installed = [folders["purelib"], folders["platlib"]]
    # The packages of the Python that a virtual environment was made from stand there beside the standard library.
    installed += [join(folder, "site-packages") for folder in home]
    return _within(path, home) and not _within(path, installed)


def _within(path: str, folders: list[str]) -> bool:
    """Return whether a file stands somewhere in one of some folders."""
    return any(_is_below(path, folder) or _is_below(realpath(path), realpath(folder)) for folder in folders)


def _is_below(path: str, folder: str) -> bool:
    try:
        return commonpath((abspath(path), abspath(folder))) == abspath(folder)
    except ValueError:  # on two drives
        return False
