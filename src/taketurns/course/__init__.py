"""What belongs to the course and not to the library, which never imports it."""

__all__: list[str] = []
