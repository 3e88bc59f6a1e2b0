"""What a recording is: states, spans, the trace that holds them, its clocks, and a trace as text."""

__all__: list[str] = []
