"""What the Linux kernel says of the threads of this process: which run, which wait for the GIL or a core, and for what."""

__all__: list[str] = []
