"""What several tests ask of a trace."""

from dataclasses import replace

from taketurns.trace.trace import Trace

BLOCK = "the block"


def without_block(trace: Trace) -> Trace:
    """Return a trace without the lane of its block, which it has only where a busy machine made the block slow."""
    return replace(trace, spans=tuple(span for span in trace.spans if span.task != BLOCK))
