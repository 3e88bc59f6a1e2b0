"""Where in the code somebody waits: from a position in code that has run to what a picture says.

A recording keeps code and positions only. Their text is looked up when it has ended, once for each place.
"""

import linecache
import re
import sys
from functools import lru_cache
from itertools import islice
from os.path import basename, join, realpath
from types import CodeType

from taketurns.naming.expressions import quoted
from taketurns.naming.masks import printable
from taketurns.trace.spans import Where

__all__ = ["where"]

#: What IPython to 7 and from 8 on, and ipykernel, call the source of a cell: by its number, or by a hash alone.
NUMBERED = re.compile(r"<ipython-input-(\d+)-[0-9a-f]+>")
HASHED = re.compile(r"ipykernel_\d+[\\/]\d+\.py$")


def where(code: CodeType, instruction: int) -> Where | None:
    """Return the place of an instruction, by its offset in bytes; ``None`` before the first, and without a line."""
    found = _found(code.co_filename, code, instruction)
    return None if found is None else Where(_shown_file(code.co_filename), *found)


# The name of the file is in the key: code is equal to code of the same text in another file.
@lru_cache(2048)
def _found(file: str, code: CodeType, instruction: int) -> tuple[int, str] | None:
    """Return the line of an instruction, and the expression there."""
    if instruction < 0:
        return None
    first, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if first is None:
        return None
    linecache.checkcache(file)
    lines = linecache.getlines(file)[first - 1 : last or first]
    if not lines:
        return first, printable(f"in {code.co_qualname.rpartition('.')[2].strip('<>')}")
    if start is None or end is None or (start, end) == (0, 0):
        return first, quoted(lines[0].strip())
    return first, _piece(lines, start, end)


def _piece(lines: list[str], start: int, end: int) -> str:
    """Return what stands from a byte of the first line to a byte of the last, which it does not take in."""
    encoded = [line.encode(errors="replace") for line in lines]
    encoded[-1] = encoded[-1][:end]
    before, encoded[0] = encoded[0][:start].rstrip(), encoded[0][start:]
    first, *rest = [line.decode(errors="replace") for line in encoded]
    # A statement: its block stands as far to the left as it does itself.
    text = "".join([first, *(line if before or line[:start].strip() else line[start:] for line in rest)])
    # Of a chain over several lines, Python keeps the part behind the last dot.
    return f"….{quoted(text)}" if before.endswith(b".") else quoted(text)


# Files


def _shown_file(file: str) -> str:
    """Return a cell as ``In [3]``, a package's file as ``requests/sessions.py``, and any other by its name alone."""
    number = _cell(file)
    if number is not None:
        return f"In [{number or ' '}]"  # as a notebook shows a cell that it does not count
    if file.startswith("<"):
        return printable(re.sub(r"[^<\s]*[\\/]", "", file))
    return _in_package(file)


@lru_cache(1024)
def _in_package(file: str) -> str:
    """Return a file as seen from the folder in which its package was installed, or else its name."""
    for path in (file, realpath(file)):
        for folder in _package_folders():
            if path.startswith(folder):
                return printable(path[len(folder) :].replace("\\", "/"))
    return printable(re.split(r"[\\/]", file)[-1])


def _cell(file: str) -> int | None:
    """Return the number of a notebook's cell, 0 for one without; ``None`` for what is no cell."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    number = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(file)
    if number is not None:
        return int(number)
    found = NUMBERED.fullmatch(file)
    return int(found[1]) if found else 0 if HASHED.search(file) else None


@lru_cache(1)
def _package_folders() -> list[str]:
    """Return the folders of installed packages and of the standard library, the innermost first."""
    import site
    import sysconfig  # here: `import taketurns` is quick

    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {join(folder, "site-packages") for folder in folders} | {site.getusersitepackages()}
    folders |= {path for path in sys.path if basename(path) in ("site-packages", "dist-packages")}
    folders |= {realpath(folder) for folder in folders}
    return sorted((join(folder, "") for folder in folders), key=len, reverse=True)
