"""What the kernel says of the threads of this process: which run, which wait for the GIL or a core, or for what."""

__all__: list[str] = []
