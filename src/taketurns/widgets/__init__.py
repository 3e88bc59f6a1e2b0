"""What moves: a timeline to zoom into, sliders, a walk through an event loop. They need anywidget."""

__all__: list[str] = []
