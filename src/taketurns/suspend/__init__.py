"""Four ways to suspend and resume, on the same event loop. Each module has ``run``, ``start``, ``sleep``, ``wait_for``.

What differs is how a function stops in its middle: it does not, and hands over what is to come (``callbacks``); at a
``yield`` (``generators``); at an ``await`` (``coroutines``); anywhere (``greenlets``).
"""

__all__: list[str] = []
