"""Pictures of traces, through matplotlib.

A folder, because a module ``taketurns.timeline`` would stand in the way of the function of that name.
"""

import threading
from contextlib import suppress

__all__: list[str] = []


def _import_matplotlib() -> None:
    with suppress(Exception):  # whoever imports it next is told
        import matplotlib.pyplot  # noqa: F401


# An interrupt in the middle of this import would leave it half done, and the kernel without pictures until it is
# restarted. It reaches only the main thread; in another, the import goes on to its end.
if threading.current_thread() is threading.main_thread():
    _importing = threading.Thread(target=_import_matplotlib, name="import matplotlib")
    _importing.start()
    _importing.join()
