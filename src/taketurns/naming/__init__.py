"""Naming: what a task is called, and where in the code somebody waits, in words that may be shown to anybody."""

__all__: list[str] = []
