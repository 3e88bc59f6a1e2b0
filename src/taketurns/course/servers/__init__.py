"""Real servers, each a process of its own that ends with the one that started it."""

__all__: list[str] = []
