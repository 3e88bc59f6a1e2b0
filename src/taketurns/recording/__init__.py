"""What sees: the recorder, the workers that carry tasks, and hooks into asyncio, greenlets and children."""

__all__: list[str] = []
