"""What a cell of a notebook uses: claims, what this machine is, a moving bar, and ``%%timeline``."""

__all__: list[str] = []
