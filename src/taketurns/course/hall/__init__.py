"""An exhibition of chess played back in a room: its tables, its boards and the master."""

__all__: list[str] = []
