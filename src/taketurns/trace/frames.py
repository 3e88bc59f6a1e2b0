"""Whose code a frame runs: a learner's, the standard library's, an installed package's, or ours."""

from contextlib import suppress
from functools import cache
from os.path import abspath, join, normcase, normpath, realpath, sep
from types import FrameType

__all__ = ["below_installed", "is_learners", "is_learners_own", "module_of"]

OURS = __name__.partition(".")[0]


def is_learners(frame: FrameType) -> bool:
    """Return whether a frame runs code that is neither ours, known by its module, nor the standard library's."""
    try:
        return _is_learners(frame.f_globals.get("__name__"), frame.f_code.co_filename)
    except TypeError:  # what has no hash is no name
        return _is_learners(None, frame.f_code.co_filename)


@cache
def _is_learners(module: object, path: str) -> bool:
    ours = isinstance(module, str) and module.partition(".")[0] == OURS
    return not ours and not in_standard_library(path)


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code a frame runs; empty where it has none."""
    name = frame.f_globals.get("__name__")
    return name if isinstance(name, str) else ""


def is_learners_own(frame: FrameType) -> bool:
    """Return whether a frame runs code that a learner wrote: it belongs to no installed package either."""
    return is_learners(frame) and not in_installed_package(frame.f_code.co_filename)


@cache
def in_standard_library(path: str) -> bool:
    """Return whether a file belongs to the standard library, by sysconfig's folders for it and for what is installed.

    What Python froze into itself has no file, and a name such as ``<frozen runpy>``.
    """
    if path.startswith("<"):
        return path.startswith("<frozen ")
    return bool(_below(path, _home())) and not below_installed(path)


def in_installed_package(path: str) -> bool:
    """Return whether a file stands where packages are installed, for this Python, all its users or this one."""
    return bool(below_installed(path))


@cache
def below_installed(path: str) -> str:
    """Return a file as seen from the folder in which its package is installed, ``trio/_core/_run.py``; else nothing."""
    return "" if path.startswith("<") else _below(path, _installed()).replace(sep, "/")


@cache
def _home() -> tuple[str, ...]:
    """Return the folders of the standard library."""
    import sysconfig  # here: `import taketurns` is quick

    return sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")


@cache
def _installed() -> tuple[str, ...]:
    """Return the folders of installed packages.

    Those of the Python that a virtual environment was made from stand beside the standard library.
    """
    import site
    import sysconfig

    beside = [join(folder, "site-packages") for folder in _home()]
    folders = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
    return *folders, *beside, *site.getsitepackages(), site.getusersitepackages()


def _below(path: str, folders: tuple[str, ...]) -> str:
    """Return a file as seen from the innermost of some folders that it stands in; empty where it stands in none."""
    for resolve in normpath, abspath, realpath:
        # A program may have put others in the places of what these call, which refuse on an event loop (blockbuster).
        with suppress(Exception):
            found = normcase(resolve(path))
            for root in _roots(folders):
                if found.startswith(root):
                    return found.removeprefix(root)
    return ""


@cache
def _roots(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return how all begins that stands below one of some folders, also where a link leads there; the longest first."""
    paths = {each for folder in folders for each in (abspath(folder), realpath(folder))}
    return tuple(sorted((normcase(join(path, "")) for path in paths), key=len, reverse=True))
